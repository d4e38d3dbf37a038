"""What the made-up rows of all topics share: their steps, people, times, shares."""
