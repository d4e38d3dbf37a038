/* Sends what field-store.js keeps: self.portalSend(user, tell) → {state, sent, failed}, in pages and in the
   service worker. A record leaves the store when the server has acknowledged it, and only then. Its key is the
   submission_key of the report: however often it is sent, there is one issue; each photo has its own.
     state: done | offline | signin | other (somebody else is signed in) | busy | refused (may not report)
   Before anything is sent the server says whose session this is; the token that comes with it works for
   that session alone, so nothing goes out in another name. */
(function (scope) {
  "use strict";
  var store = scope.portalStore;
  var LOCK = "portal-field-send";
  var QUICK = 45000;
  var PHOTO = 300000;
  var REPORT = ["place", "category", "description", "address", "severity", "source", "contact_name", "contact_phone"];
  var running = Promise.resolve();

  function Stop(state) {
    this.state = state;
  }

  // Answers {status, body}; rejects with Stop("offline") when there is no answer of ours.
  function ask(address, options, limit) {
    var controller = scope.AbortController ? new scope.AbortController() : null;
    var timer = controller && setTimeout(controller.abort.bind(controller), limit);
    options.credentials = "same-origin";
    options.cache = "no-store";
    options.redirect = "error";
    options.headers = Object.assign({ Accept: "application/json" }, options.headers);
    if (controller) {
      options.signal = controller.signal;
    }
    return scope
      .fetch(address, options)
      .then(function (response) {
        return response.json().then(
          function (body) {
            return { status: response.status, body: body || {} };
          },
          function () {
            // Something between us and the server spoke: a proxy, the sign-in page of a public network.
            throw new Stop(response.status >= 500 ? "busy" : "offline");
          }
        );
      })
      .catch(function (error) {
        throw error instanceof Stop ? error : new Stop("offline");
      })
      .then(
        function (answer) {
          clearTimeout(timer);
          return answer;
        },
        function (error) {
          clearTimeout(timer);
          throw error;
        }
      );
  }

  // What is no fault of the report stops the queue; everything stays as it is.
  function stopFor(answer) {
    var code = answer.body.code;
    if (answer.status === 401 || code === "csrf_failed" || code === "password_change_required") {
      throw new Stop("signin");
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      throw new Stop("busy");
    }
    return answer;
  }

  function session(user) {
    return ask("/api/v1/field-session/", {}, QUICK)
      .then(stopFor)
      .then(function (answer) {
        if (answer.status === 403) {
          throw new Stop("refused");
        }
        if (answer.status !== 200 || typeof answer.body.user !== "number") {
          throw new Stop("offline");
        }
        if (user && answer.body.user !== user) {
          throw new Stop("other");
        }
        return answer.body;
      });
  }

  function reasonOf(answer) {
    var errors = answer.body.errors || {};
    var words = Object.keys(errors)
      .filter(function (name) {
        return name !== "not_personal";
      })
      .map(function (name) {
        return errors[name].join("");
      });
    return words.join("") || answer.body.detail || "服务器没有接收（" + answer.status + "）。";
  }

  function refuse(record, reason, errors) {
    return store.update(record.user, record.key, function (found) {
      if (found && found.rev === record.rev) {
        found.state = "failed";
        found.reason = reason;
        found.errors = errors || {};
        return found;
      }
      return undefined; // mended in the meantime
    });
  }

  function bodyOf(record) {
    var body = { submission_key: record.key };
    REPORT.forEach(function (name) {
      if (record.values[name]) {
        body[name] = record.values[name];
      }
    });
    if (record.values.not_personal) {
      body.not_personal = true;
    }
    return JSON.stringify(body);
  }

  // Stored: the record knows its issue. Answers the record, or null when it was refused.
  function report(record, token) {
    if (record.issue) {
      return Promise.resolve(record);
    }
    var headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    return ask("/api/v1/issues/", { method: "POST", headers: headers, body: bodyOf(record) }, QUICK)
      .then(stopFor)
      .then(function (answer) {
        if (answer.status !== 201 || !answer.body.number) {
          if (answer.status < 400) {
            throw new Stop("offline");
          }
          return refuse(record, reasonOf(answer), answer.body.errors).then(function () {
            return null;
          });
        }
        var issue = { id: answer.body.id, number: answer.body.number };
        // Another text than ours: the first one arrived, though its answer got lost, and was mended here since.
        var older = answer.body.description !== record.values.description.trim();
        return store
          .update(record.user, record.key, function (found) {
            if (!found) {
              return undefined;
            }
            found.issue = issue;
            if (older || found.rev !== record.rev) {
              found.state = "failed";
              found.reason = "先前的内容已上报，编号 " + issue.number + "；后来的修改没有送达，请到事件中补充。";
            }
            return found;
          })
          .then(function (found) {
            return found && found.state === "waiting" ? found : null;
          });
      });
  }

  function photo(record, one, token) {
    var data = new scope.FormData();
    data.append("stage", "before");
    data.append("upload_key", one.key);
    if (record.values.has_personal) {
      data.append("has_personal", "true");
    }
    data.append("file", new scope.Blob([one.bytes], { type: one.type }), one.name);
    var address = "/api/v1/issues/" + record.issue.id + "/attachments/";
    return ask(address, { method: "POST", headers: { "X-CSRFToken": token }, body: data }, PHOTO)
      .then(stopFor)
      .then(function (answer) {
        if (answer.status < 400 && answer.status !== 201) {
          throw new Stop("offline");
        }
        return store.update(record.user, record.key, function (found) {
          if (!found) {
            return undefined;
          }
          found.photos = found.photos.filter(function (other) {
            if (other.key === one.key && answer.status !== 201) {
              other.reason = reasonOf(answer);
              return true;
            }
            return other.key !== one.key;
          });
          return found;
        });
      });
  }

  function photos(record, token, tell) {
    var all = record.photos.length;
    return record.photos
      .reduce(function (before, one, index) {
        return before.then(function () {
          tell(record, "正在传照片 " + (index + 1) + "/" + all);
          return photo(record, one, token);
        });
      }, Promise.resolve())
      .then(function () {
        return store.get(record.user, record.key);
      });
  }

  function finish(record, found, result) {
    if (found && found.photos.length) {
      var names = found.photos.map(function (one) {
        return one.name + "：" + (one.reason || "没有传完");
      });
      found.reason = "事件 " + found.issue.number + " 已上报，照片没有保存。" + names.join("；");
      result.failed.push(record.key);
      return refuse(found, found.reason);
    }
    return store.remove(record.user, record.key).then(function () {
      result.sent.push({ key: record.key, number: record.issue.number });
    });
  }

  function sendOne(record, token, tell, result) {
    tell(record, "正在发送");
    return report(record, token).then(function (stored) {
      if (!stored) {
        result.failed.push(record.key);
        return undefined;
      }
      return photos(stored, token, tell).then(function (found) {
        return finish(stored, found, result);
      });
    });
  }

  function sendAll(user, tell) {
    var result = { state: "done", sent: [], failed: [] };
    function waiting(records) {
      return records.filter(function (record) {
        return record.state === "waiting";
      });
    }
    var ours = user ? store.list(user).then(waiting) : Promise.resolve([null]);
    return ours
      .then(function (found) {
        if (!found.length) {
          return undefined;
        }
        return session(user).then(function (mine) {
          result.user = mine.user;
          return store.list(mine.user).then(function (records) {
            return waiting(records).reduce(function (before, record) {
              return before.then(function () {
                return sendOne(record, mine.csrf_token, tell, result);
              });
            }, Promise.resolve());
          });
        });
      })
      .then(
        function () {
          return result;
        },
        function (error) {
          if (!(error instanceof Stop)) {
            throw error;
          }
          result.state = error.state;
          return result;
        }
      );
  }

  /* One sender at a time: in this page by waiting for the last, in the browser by its lock where it has one. */
  scope.portalSend = function (user, tell) {
    var locks = scope.navigator.locks;
    function run() {
      var go = sendAll.bind(null, user, tell || function () {});
      return locks ? locks.request(LOCK, go) : go();
    }
    var mine = running.then(run, run);
    running = mine.catch(function () {});
    return mine;
  };
})(self);
