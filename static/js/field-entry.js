/* The report form of grid and area leaders (form[data-queue]), on the page of the server and on the offline page.
   What is typed is kept as it is typed; "上报" puts it into the queue and sends it; it leaves the queue when
   the server has it. Without a store in the browser the form stays an ordinary one (drafts.js, uploads.js).
   Needs field-page.js, field-photos.js, field-form.js. Plain script, browsers from 2018 on. */
(function () {
  "use strict";
  var store = window.portalStore;
  var field = window.portalField;
  var form = document.querySelector("form[data-queue]");
  var LAST_MOMENT = "portal-field-last-moment";
  if (!form) {
    return;
  }
  var input = form.elements;
  var fields = window.portalForm(form, field);
  var offlinePage = document.body.hasAttribute("data-offline");
  var photos = null;
  var current = null; // the record that the form shows
  var timer = 0;
  var typed = 0; // counts what was typed, and how much of it the store has
  var stored = 0;
  var busy = false;
  var pressed = null;

  function fill(record, withPlace) {
    photos.fill(record.photos);
    fields.fill(record, withPlace);
  }

  function blank(key) {
    return { key: key, user: field.user, state: "draft", rev: 0, created: Date.now(), reason: "", errors: {}, issue: null };
  }

  /* --- Keeping ------------------------------------------------------------------------------------- */

  // What the form shows becomes the record; state null: as it is.
  function save(state) {
    var now = fields.values();
    var told = fields.words();
    var items = photos.items.slice();
    var kept = current;
    return store.update(field.user, kept.key, function (found) {
      var record = found || blank(kept.key);
      if (found && (found.issue || (found.state === "waiting" && state === null))) {
        return undefined; // on its way
      }
      record.values = now;
      record.words = told;
      record.photos = items;
      record.rev += 1;
      if (state) {
        record.state = state;
        record.reason = "";
        record.errors = {};
      }
      return record;
    });
  }

  function keepSoon() {
    typed += 1;
    clearTimeout(timer);
    timer = setTimeout(keepNow, 300);
  }

  function keepNow() {
    clearTimeout(timer);
    timer = 0;
    if (busy || !current) {
      return Promise.resolve();
    }
    var empty = !fields.valueOf("description").trim() && !photos.items.length;
    if (current.state === "draft" && empty) {
      return store.remove(field.user, current.key);
    }
    var mine = typed;
    return save(null).then(
      function () {
        stored = mine;
      },
      function () {
        window.portal.say("本机存不下了，请先发送或删去一些照片。");
      }
    );
  }

  // A page that goes has no time for the store: what was typed in the last moment is handed over to the next page.
  function handOver() {
    if (typed === stored || busy || !current) {
      return;
    }
    try {
      var last = { user: field.user, key: current.key, values: fields.values(), words: fields.words() };
      window.localStorage.setItem(LAST_MOMENT, JSON.stringify(last));
    } catch (error) {
      return;
    }
  }

  function takeOver() {
    var last = null;
    try {
      last = JSON.parse(window.localStorage.getItem(LAST_MOMENT) || "null");
    } catch (error) {
      last = null;
    }
    if (!last || last.user !== field.user) {
      return Promise.resolve();
    }
    window.localStorage.removeItem(LAST_MOMENT);
    return store.update(field.user, last.key, function (found) {
      if (found && (found.issue || found.state === "waiting")) {
        return undefined;
      }
      var record = found || blank(last.key);
      record.photos = record.photos || [];
      record.values = last.values;
      record.words = last.words;
      record.rev += 1;
      return found || last.values.description.trim() ? record : undefined;
    });
  }

  /* --- Which report the form shows --------------------------------------------------------------------- */

  function begin(record) {
    current = record;
    if (input.submission_key) {
      input.submission_key.value = record.key;
    }
  }

  function mend(record) {
    begin(record);
    fill(record, true);
    fields.showErrors(record.errors || {}, record.reason);
    if (record.state === "waiting") {
      // Taken back: it is not sent while somebody mends it.
      return store.update(field.user, record.key, function (found) {
        if (!found || found.issue || found.state !== "waiting") {
          return undefined;
        }
        found.state = "editing";
        found.rev += 1;
        return found;
      }).then(function (found) {
        current = found || record;
        return field.changed();
      });
    }
    return Promise.resolve();
  }

  function asked() {
    var found = /^#report=([0-9a-f-]{36})$/.exec(location.hash);
    return found ? found[1] : "";
  }

  function restore() {
    var key = asked();
    return takeOver().then(store.list.bind(null, field.user)).then(function (records) {
      var wanted = records.filter(function (record) {
        return record.key === key && !record.issue;
      })[0];
      if (wanted && wanted.state !== "draft") {
        return mend(wanted);
      }
      var drafts = records.filter(function (record) {
        return record.state === "draft";
      });
      var draft = wanted || drafts[drafts.length - 1];
      if (draft && !form.hasAttribute("data-bound")) {
        begin(draft);
        fill(draft, !/[?&]place=/.test(location.search));
        return undefined;
      }
      begin(blank((input.submission_key && input.submission_key.value) || store.newKey()));
      return undefined;
    });
  }

  function next() {
    var place = fields.values();
    fields.clearErrors();
    form.querySelector("[data-not-personal]").hidden = true;
    begin(blank(store.newKey()));
    if (location.hash) {
      history.replaceState(null, "", location.pathname + location.search);
    }
    fill({ values: { severity: "normal", place: place.place, place_q: place.place_q }, words: { place: place.place_q }, photos: [] }, true);
  }

  /* --- Sending ------------------------------------------------------------------------------------------ */

  function missing() {
    var errors = {};
    if (!fields.valueOf("place")) {
      errors.place = [input.place_q && input.place_q.value.trim() ? "请从列表中选定地点。" : "请选择地点。"];
    }
    if (!fields.valueOf("description").trim()) {
      errors.description = ["请写明是什么事。"];
    }
    if (!fields.valueOf("category")) {
      errors.category = ["请选择分类。"];
    }
    return errors;
  }

  function rest(resting) {
    busy = resting;
    // While it is on its way nothing can be typed that the next report would sweep away.
    Array.prototype.forEach.call(form.elements, function (one) {
      one.disabled = resting;
    });
    var button = form.querySelector(".btn-report");
    button.textContent = resting ? "正在发送…" : "上报";
  }

  function sent(number, again) {
    if (again || offlinePage) {
      rest(false);
      field.tell("已上报", [number]);
      next();
      window.scrollTo(0, 0);
      return;
    }
    field.flash("已上报，编号 " + number + "。");
    location.href = "/issues/" + number + "/";
  }

  function outcome(record, result, again) {
    var mine = result.sent.filter(function (one) {
      return one.key === record.key;
    })[0];
    if (mine) {
      sent(mine.number, again);
      return Promise.resolve();
    }
    return store.get(field.user, record.key).then(function (found) {
      rest(false);
      if (!found) {
        next(); // another tab has sent it
      } else if (found.issue) {
        sent(found.issue.number, again);
      } else if (found.state === "failed") {
        return mend(found);
      } else {
        next();
        field.askBrowser();
        window.scrollTo(0, 0);
      }
      return undefined;
    });
  }

  function submit() {
    var again = Boolean(pressed && pressed.name === "again");
    pressed = null;
    clearTimeout(timer);
    rest(true);
    fields.settlePlace()
      .then(function () {
        var errors = missing();
        if (Object.keys(errors).length) {
          rest(false);
          fields.showErrors(errors, "");
          return undefined;
        }
        fields.clearErrors();
        fields.rememberPlace();
        return save("waiting").then(function (record) {
          if (!record || record.issue) {
            rest(false);
            next();
            return field.changed();
          }
          return field
            .changed()
            .then(function () {
              return field.send(true);
            })
            .then(function (result) {
              return outcome(record, result, again);
            });
        });
      })
      .catch(function () {
        rest(false);
        window.portal.say("本机存不下这件上报，请去掉照片再试。已填内容仍在页面上。");
      });
  }

  /* --- Start ---------------------------------------------------------------------------------------------- */

  function ordinary() {
    var chosen = form.querySelector("input[data-queue-photos]");
    if (chosen && window.portalUploads) {
      chosen.setAttribute("data-photos", "");
      window.portalUploads(form);
    }
  }

  function hintOnVoice() {
    var hint = form.querySelector("[data-voice-hint]");
    try {
      if (hint && window.matchMedia("(pointer: coarse)").matches && !window.localStorage.getItem("portal-voice-told")) {
        hint.hidden = false;
        window.localStorage.setItem("portal-voice-told", "1");
      }
    } catch (error) {
      return;
    }
  }

  function listen() {
    form.addEventListener("input", keepSoon);
    form.addEventListener("change", keepSoon);
    form.addEventListener("click", function (event) {
      pressed = event.target.closest("button:not([type=button])") || pressed;
      if (event.target.closest("[data-same]")) {
        busy = true; // nothing typed here is wanted any more
        store.remove(field.user, current.key);
      }
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      pressed = event.submitter || pressed;
      if (!busy) {
        submit();
      }
    });
    // Hints are a help, not something that fails.
    form.addEventListener("htmx:sendError", function (event) {
      event.stopPropagation();
      fields.suggest();
    });
    if (offlinePage) {
      input.description.addEventListener("input", fields.suggest);
    }
    window.addEventListener("hashchange", function () {
      if (asked()) {
        keepNow().then(restore);
      }
    });
    window.addEventListener("pagehide", handOver);
    window.addEventListener("pageshow", function (event) {
      if (event.persisted) {
        window.localStorage.removeItem(LAST_MOMENT); // this page lives on and keeps it itself
        keepNow();
      }
    });
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState === "hidden") {
        keepNow();
      }
    });
    document.addEventListener("portal:unsent-removed", function (event) {
      if (current && current.key === event.detail) {
        next();
      }
    });
  }

  hintOnVoice();
  (field && field.user ? store.ready() : Promise.resolve(false)).then(function (works) {
    if (!works) {
      ordinary();
      return;
    }
    form.removeAttribute("data-keep"); // kept here from now on, also when the browser is closed
    photos = window.portalPhotos(form, keepSoon);
    fields.lastPlace();
    restore().then(function () {
      listen();
      form.setAttribute("data-queue-ready", "");
      if (fields.valueOf("description")) {
        suggestNow();
      }
    });
  });

  function suggestNow() {
    if (offlinePage) {
      fields.suggest();
    } else if (fields.valueOf("description")) {
      input.description.dispatchEvent(new Event("hints"));
    }
  }
})();
