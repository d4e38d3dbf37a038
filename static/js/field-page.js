/* Every page of grid and area leaders: the queue of unsent reports ([data-unsent]), when it is sent, the
   service worker, the kit for writing without a network, and the question at signing out.
   Needs portal.js, field-store.js, field-send.js. Plain script, browsers from 2018 on. */
(function () {
  "use strict";
  var WHO = "portal-field-user"; // whose phone this is until somebody else signs in
  var KIT = "portal-field-kit";
  var FLASH = "portal-field-flash";
  var KIT_AGE = 12 * 60 * 60 * 1000;
  var STATES = {
    offline: "已存在本机，联网后自动发送",
    signin: "已存在本机，请重新登录后发送",
    other: "现在登录的是另一个账号，用原账号登录后发送",
    busy: "已存在本机，服务器忙，稍后自动再发",
    refused: "当前账号没有上报权限，请联系社区"
  };
  var store = window.portalStore;
  var panel = document.querySelector("[data-unsent]");
  if (!panel || !store) {
    return;
  }
  var isForm = Boolean(document.querySelector("form[data-queue]"));
  var offlinePage = document.body.hasAttribute("data-offline");
  var wait = 15000;
  var timer = 0;
  var state = "";

  function keep(name, value) {
    try {
      if (value === null) {
        window.localStorage.removeItem(name);
      } else {
        window.localStorage.setItem(name, value);
      }
    } catch (error) {
      return; // switched off: without it only the offline page knows nobody
    }
  }
  function kept(name) {
    try {
      return window.localStorage.getItem(name);
    } catch (error) {
      return null;
    }
  }

  var user = Number(panel.getAttribute("data-user") || (offlinePage && kept(WHO)) || 0);
  if (!offlinePage && user) {
    if (Number(kept(WHO)) !== user) {
      keep(KIT, null);
    }
    keep(WHO, String(user));
  }

  function kit() {
    try {
      var found = JSON.parse(kept(KIT) || "null");
      return found && found.user === user ? found : null;
    } catch (error) {
      return null;
    }
  }

  function fetchKit() {
    var old = kit();
    if (old && Date.now() - old.at < KIT_AGE && old.at <= Date.now()) {
      return;
    }
    fetch("/api/v1/field-kit/", { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (response) {
        return response.status === 200 ? response.json() : null;
      })
      .then(function (found) {
        if (found && found.user === user) {
          found.at = Date.now();
          keep(KIT, JSON.stringify(found));
        }
      })
      .catch(function () {});
  }

  /* --- Saying what happened ------------------------------------------------------------------ */

  function make(tag, name, text) {
    var made = document.createElement(tag);
    made.className = name;
    made.textContent = text || "";
    return made;
  }

  /* A message that stays: text, and the issues it speaks of. */
  function tell(text, numbers) {
    var box = document.getElementById("messages");
    var message = make("div", "message message-success");
    var words = make("div", "message-text", text);
    (numbers || []).forEach(function (number) {
      var link = make("a", "link", number);
      link.href = "/issues/" + number + "/";
      words.appendChild(document.createTextNode(" "));
      words.appendChild(link);
    });
    message.appendChild(words);
    var close = make("button", "message-close", "知道了");
    close.type = "button";
    close.setAttribute("data-message-close", "");
    message.appendChild(close);
    if (box) {
      box.appendChild(message);
    }
  }

  function flash(text) {
    try {
      window.sessionStorage.setItem(FLASH, text);
    } catch (error) {
      return;
    }
  }
  try {
    var said = window.sessionStorage.getItem(FLASH);
    if (said && !offlinePage) {
      window.sessionStorage.removeItem(FLASH);
      tell(said);
    }
  } catch (error) {
    said = null;
  }

  /* --- The panel --------------------------------------------------------------------------------- */

  function button(text, about, action) {
    var made = make("button", "btn btn-sm", text);
    made.type = "button";
    made.setAttribute("aria-label", text + "：" + about);
    made.addEventListener("click", action);
    return made;
  }

  function wordsOf(record) {
    if (record.state === "failed") {
      return record.reason;
    }
    if (record.state === "editing") {
      return "正在修改，改好后点“上报”才会发送";
    }
    if (record.state === "draft") {
      return "草稿，还没有上报";
    }
    return record.issue ? "事件 " + record.issue.number + " 已上报，照片待传" : "等待发送";
  }

  function ask(record) {
    var question = record.issue ? "放弃没有传上的照片？事件 " + record.issue.number + " 已经上报，不受影响。" : "删除这件没有发送的上报？删除后不能恢复。";
    window.portal.ask(question, record.issue ? "放弃照片" : "删除", function () {
      store.remove(user, record.key).then(function () {
        document.dispatchEvent(new CustomEvent("portal:unsent-removed", { detail: record.key }));
        changed();
      });
    });
  }

  function again(record) {
    store
      .update(user, record.key, function (found) {
        if (found) {
          found.state = "waiting";
          found.reason = "";
        }
        return found;
      })
      .then(function () {
        return send(true);
      });
  }

  function line(record) {
    var item = make("li", "unsent-item is-" + record.state);
    var about = (record.values.description || "").trim().slice(0, 40) || "（没有文字）";
    var words = record.words || {};
    var photos = record.photos.length ? record.photos.length + " 张照片" : "";
    item.appendChild(make("p", "unsent-text", about));
    item.appendChild(make("p", "unsent-foot", [words.category, words.place, photos].filter(Boolean).join("　")));
    var told = make("p", "unsent-word", wordsOf(record));
    if (record.state === "failed") {
      told.setAttribute("role", "alert");
    }
    item.appendChild(told);
    var acts = make("p", "unsent-tools");
    if (record.issue) {
      acts.appendChild(
        button("重传照片", about, function () {
          again(record);
        })
      );
    } else {
      var link = make("a", "btn btn-sm", record.state === "draft" ? "继续写" : "修改");
      link.href = "/issues/new/#report=" + record.key;
      link.setAttribute("aria-label", link.textContent + "：" + about);
      acts.appendChild(link);
    }
    acts.appendChild(
      button(record.issue ? "放弃照片" : "删除", about, function () {
        ask(record);
      })
    );
    item.appendChild(acts);
    return item;
  }

  function find(name) {
    return panel.querySelector("[data-unsent-" + name + "]");
  }

  function show(records) {
    var drafts = records.filter(function (record) {
      return record.state === "draft";
    });
    var unsent = records.length - drafts.length;
    // The draft of the form on this page is in sight already.
    var shown = isForm ? records.filter(function (record) { return record.state !== "draft"; }) : records;
    var failed = records.some(function (record) {
      return record.state === "failed";
    });
    var waiting = records.some(function (record) {
      return record.state === "waiting";
    });
    panel.hidden = !shown.length;
    panel.classList.toggle("has-failed", failed);
    find("count").textContent = [unsent ? "待发 " + unsent + " 件" : "", !isForm && drafts.length ? "草稿 " + drafts.length + " 份" : ""].filter(Boolean).join("，");
    find("state").textContent = waiting && state ? STATES[state] || state : failed ? "有没发成的，请点开修改" : "";
    find("send").hidden = !waiting || state === "signin";
    find("sign-in").hidden = !(waiting && state === "signin");
    find("sign-in").href = "/login/?next=" + encodeURIComponent(location.pathname === "/offline/" ? "/my-grid/" : location.pathname + location.search);
    if (failed || (shown.length && !unsent)) {
      panel.querySelector("details").open = true;
    }
    var list = find("list");
    list.textContent = "";
    shown.forEach(function (record) {
      list.appendChild(line(record));
    });
    return records;
  }

  function changed() {
    return user ? store.list(user).then(show) : Promise.resolve([]);
  }

  /* --- Sending ------------------------------------------------------------------------------------- */

  function progress(record, text) {
    find("state").textContent = text + "：" + (record.values.description || "").slice(0, 12);
  }

  function after(result) {
    state = result.state === "done" ? "" : result.state;
    if (result.sent.length && !result.quiet) {
      tell("已上报 " + result.sent.length + " 件：", result.sent.map(function (one) { return one.number; }));
    }
    wait = state ? Math.min(wait * 2, 300000) : 15000;
    clearTimeout(timer);
    return changed().then(function (records) {
      var waiting = records.some(function (record) {
        return record.state === "waiting";
      });
      if (waiting && (state === "offline" || state === "busy" || !state)) {
        timer = setTimeout(send, wait);
      }
      return result;
    });
  }

  /* quiet: the caller says itself what was sent. */
  function send(quiet) {
    if (!user) {
      return Promise.resolve({ state: "signin", sent: [], failed: [] });
    }
    clearTimeout(timer);
    return window.portalSend(user, progress).then(function (result) {
      result.quiet = quiet === true;
      return after(result);
    });
  }

  function askBrowser() {
    if (navigator.serviceWorker && window.isSecureContext) {
      navigator.serviceWorker.ready
        .then(function (registration) {
          return registration.sync ? registration.sync.register("portal-field-send") : null;
        })
        .catch(function () {});
    }
  }

  find("send").addEventListener("click", function () {
    wait = 15000;
    find("state").textContent = "正在发送";
    send();
  });
  window.addEventListener("online", function () {
    wait = 15000;
    send();
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      send();
    }
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible") {
      changed().then(send);
    }
  });

  /* --- Steps of an issue ---------------------------------------------------------------------------- */

  // Without a network the browser would leave the page for its own error: what was typed stays here instead.
  document.addEventListener(
    "submit",
    function (event) {
      if (navigator.onLine === false && event.target.closest(".issue-now")) {
        event.preventDefault();
        event.stopPropagation();
        window.portal.say("没有网络，还没有办理。已填内容保存在本机，联网后再按一次。");
      }
    },
    true
  );

  /* --- Signing out ------------------------------------------------------------------------------------ */

  function isSignOut(form) {
    return form.method === "post" && /\/logout\/$/.test(form.action);
  }
  function leave(form) {
    [WHO, KIT, "portal-field-place"].forEach(function (name) {
      keep(name, null);
    });
    HTMLFormElement.prototype.submit.call(form);
  }
  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      if (!user || !isSignOut(form)) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      store.list(user).then(
        function (records) {
          var drafts = records.filter(function (record) { return record.state === "draft"; }).length;
          var unsent = records.length - drafts;
          if (!records.length) {
            leave(form);
            return;
          }
          var what = [unsent ? unsent + " 件上报没有发送" : "", drafts ? drafts + " 份草稿" : ""].filter(Boolean).join("，");
          window.portal.ask("还有 " + what + "。退出后仍存在本机，别人看不到，用本账号再登录才能发送。", "退出登录", function () {
            leave(form);
          });
        },
        function () {
          leave(form);
        }
      );
    },
    true
  );

  /* --- Start --------------------------------------------------------------------------------------------- */

  window.portalField = { user: user, kit: kit, changed: changed, send: send, askBrowser: askBrowser, flash: flash, tell: tell };

  store.ready().then(function (works) {
    if (works && user) {
      changed().then(function (records) {
        if (records.some(function (record) { return record.state === "waiting"; })) {
          send();
        }
      });
    }
  });
  if (user && !offlinePage) {
    window.addEventListener("load", function () {
      fetchKit();
    });
  }
  if (navigator.serviceWorker && window.isSecureContext) {
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data && event.data.type === "portal-field" && event.data.result.user === user) {
        after(event.data.result);
      }
    });
    window.addEventListener("load", function () {
      navigator.serviceWorker.register("/sw.js").catch(function () {});
    });
  }
})();
