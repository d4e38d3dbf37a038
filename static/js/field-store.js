/* What a phone keeps of reports that the server has not acknowledged: window.portalStore, in pages and
   in the service worker (IndexedDB). A record belongs to one user and is never given to another:
     {key, user, state, values: {place, category, description, …}, words: {place, category},
      photos: [{key, name, type, size, bytes, reason}], rev, created, reason, errors, issue: {id, number}}
   state: draft (being typed) | waiting (to be sent) | editing (taken back to mend) | failed (refused: reason).
   issue: the server has stored the report, only photos are left. All functions answer promises.
   Plain script, browsers from 2018 on. */
(function (scope) {
  "use strict";
  var NAME = "portal-field";
  var REPORTS = "reports";
  var opened = null;

  function open() {
    if (!opened) {
      opened = new Promise(function (resolve, reject) {
        var request = scope.indexedDB.open(NAME, 1);
        request.onupgradeneeded = function () {
          request.result.createObjectStore(REPORTS, { keyPath: "key" }).createIndex("user", "user");
        };
        request.onsuccess = function () {
          // A later version of the portal may change the store: this page must not stand in its way.
          request.result.onversionchange = function () {
            request.result.close();
            opened = null;
          };
          resolve(request.result);
        };
        request.onerror = request.onblocked = function () {
          reject(request.error || new Error("blocked"));
        };
      });
      opened.catch(function () {
        opened = null;
      });
    }
    return opened;
  }

  // One transaction: work(store, result) sets result.value, which is answered when all is on the disk.
  function transact(mode, work) {
    return open().then(function (database) {
      return new Promise(function (resolve, reject) {
        var transaction = database.transaction(REPORTS, mode);
        var result = { value: undefined };
        transaction.oncomplete = function () {
          resolve(result.value);
        };
        transaction.onerror = transaction.onabort = function () {
          reject(transaction.error || new Error("aborted"));
        };
        work(transaction.objectStore(REPORTS), result);
      });
    });
  }

  /* True when this browser keeps anything at all (private windows may not). */
  function ready() {
    try {
      return open().then(
        function () {
          return true;
        },
        function () {
          return false;
        }
      );
    } catch (error) {
      return Promise.resolve(false);
    }
  }

  /* The records of user, the oldest first. */
  function list(user) {
    return transact("readonly", function (store, result) {
      result.value = [];
      store.index("user").openCursor(scope.IDBKeyRange.only(user)).onsuccess = function (event) {
        var cursor = event.target.result;
        if (cursor) {
          result.value.push(cursor.value);
          cursor.continue();
        }
      };
    }).then(function (found) {
      return found.sort(function (one, other) {
        return one.created - other.created;
      });
    });
  }

  /* Changes the record key of user: change(record or undefined) answers what to store, or undefined for
     "leave it". Answers what is stored then. Reading and writing are one step. */
  function update(user, key, change) {
    return transact("readwrite", function (store, result) {
      store.get(key).onsuccess = function (event) {
        var found = event.target.result;
        if (found && found.user !== user) {
          return;
        }
        var changed = change(found);
        result.value = changed || found;
        if (changed) {
          changed.user = user;
          changed.key = key;
          store.put(changed);
        }
      };
    });
  }

  function get(user, key) {
    return update(user, key, function () {
      return undefined;
    });
  }

  /* Removes the record if it is the user's and, with rev, still as it was at that revision; answers whether it is gone. */
  function remove(user, key, rev) {
    return transact("readwrite", function (store, result) {
      store.get(key).onsuccess = function (event) {
        var found = event.target.result;
        result.value = !found;
        if (found && found.user === user && (rev === undefined || found.rev === rev)) {
          store.delete(key);
          result.value = true;
        }
      };
    });
  }

  /* True when somebody's reports wait on this phone; says neither whose nor what. */
  function anyUnsent() {
    return transact("readonly", function (store, result) {
      result.value = false;
      store.openCursor().onsuccess = function (event) {
        var cursor = event.target.result;
        if (cursor && cursor.value.state === "draft") {
          cursor.continue();
        } else {
          result.value = Boolean(cursor);
        }
      };
    });
  }

  /* A fresh key, as the server takes it (RFC 4122, version 4), also without https. */
  function newKey() {
    var bytes = scope.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var text = Array.prototype.map
      .call(bytes, function (byte) {
        return ("0" + byte.toString(16)).slice(-2);
      })
      .join("");
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  scope.portalStore = { ready: ready, list: list, get: get, update: update, remove: remove, anyUnsent: anyUnsent, newKey: newKey };
})(self);
