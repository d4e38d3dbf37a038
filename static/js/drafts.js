/* Typing is not lost: a form with data-keep="name" keeps its values in this tab until the server has stored
   them. They come back when the form is shown again empty: after a lost connection, after signing in again. A
   form that the server gave back with its values (data-bound) is left as it is. Passwords, files and hidden
   fields are never kept, but for the submission_key of the first try: sending again stays one thing. Each form
   says its name when it is sent; the server answers with a cookie that names
   what is stored (lib/drafts.py), and the draft goes. What somebody else typed in this tab goes at once. */
(function () {
  "use strict";
  var ALL = /^portal-draft:/;
  var DONE = "portal_draft_done";
  var user = document.body.getAttribute("data-user");
  var PREFIX = "portal-draft:" + user + ":";
  var store;
  try {
    store = window.sessionStorage;
    store.setItem(PREFIX, "");
    store.removeItem(PREFIX);
  } catch (error) {
    return; // storage is switched off: nothing to keep
  }

  function kept(field) {
    if (field.name === "submission_key") {
      return true;
    }
    return field.name && !/^(hidden|password|file|submit|button)$/.test(field.type) && !field.hasAttribute("data-keep-not");
  }
  function key(form) {
    return PREFIX + form.getAttribute("data-keep");
  }
  function isChoice(field) {
    return field.type === "checkbox" || field.type === "radio";
  }

  // Fields by name: scripts may have put others between them since. action(field, name, which of that name)
  function eachField(form, action) {
    var seen = {};
    Array.prototype.slice.call(form.elements).forEach(function (field) {
      if (kept(field)) {
        seen[field.name] = (seen[field.name] || 0) + 1;
        action(field, field.name + "#" + seen[field.name]);
      }
    });
  }

  function save(form) {
    var values = {};
    eachField(form, function (field, name) {
      values[name] = isChoice(field) ? field.checked : field.value;
    });
    store.setItem(key(form), JSON.stringify(values));
  }

  function restore(form) {
    var text = store.getItem(key(form));
    if (!text || form.hasAttribute("data-bound")) {
      return;
    }
    var values = JSON.parse(text);
    eachField(form, function (field, name) {
      if (!(name in values)) {
        return;
      }
      if (isChoice(field)) {
        field.checked = values[name];
      } else if (values[name] && field.value !== values[name]) {
        field.value = values[name];
        if (field.type === "hidden") {
          return; // nothing that anybody sees
        }
        form.setAttribute("data-restored", "");
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  function forms() {
    return Array.prototype.slice.call(document.querySelectorAll("form[data-keep]"));
  }

  function forget(keep) {
    Object.keys(store).forEach(function (found) {
      if (ALL.test(found) && !keep(found)) {
        store.removeItem(found);
      }
    });
  }
  function stored() {
    var found = new RegExp("(?:^|; )" + DONE + "=([^;]*)").exec(document.cookie);
    if (found) {
      document.cookie = DONE + "=; Max-Age=0; path=/; SameSite=Lax";
    }
    return found ? decodeURIComponent(found[1]) : "";
  }

  if (!user) {
    return; // at the door: nobody's typing is shown, and it is kept for whoever signs in again
  }
  forget(function (found) {
    return found.split(":")[1] === user;
  });
  var done = stored();
  if (done) {
    store.removeItem(PREFIX + done);
  }
  forms().forEach(function (form) {
    var said = document.createElement("input");
    said.type = "hidden";
    said.name = "_draft";
    said.value = form.getAttribute("data-keep");
    form.appendChild(said);
    restore(form);
  });

  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-keep")) {
      save(form);
    }
  });
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-keep")) {
      save(form);
    }
  });
  document.addEventListener("submit", function (event) {
    if (/\/logout\/$/.test(event.target.action || "")) {
      forget(function () {
        return false;
      });
    }
  });
})();
