"""Pages of the accounts, one module per reader: everybody, the user, the security administrator, the auditor."""
