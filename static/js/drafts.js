/* Typing is not lost: a form with data-keep="name" keeps its values in this tab until it is sent.
   They come back when the form is shown again empty, e.g. after a lost connection. A form that
   the server gave back with its values (data-bound) is left as it is. Passwords, files and
   hidden fields are never kept. With data-keep-strict a draft goes only when a page carries
   data-draft-done="name" (the server has stored it), so that a lost connection loses nothing. */
(function () {
  "use strict";
  var PREFIX = "portal-draft:";
  var SENT = "portal-draft-sent";
  var store;
  try {
    store = window.sessionStorage;
    store.setItem(PREFIX, "");
    store.removeItem(PREFIX);
  } catch (error) {
    return; // storage is switched off: nothing to keep
  }

  function kept(field) {
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
        form.setAttribute("data-restored", "");
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  function forms() {
    return Array.prototype.slice.call(document.querySelectorAll("form[data-keep]"));
  }

  // A draft that was sent goes when another page came; the same form again means it did not arrive.
  var sent = store.getItem(SENT);
  if (sent) {
    store.removeItem(SENT);
    var here = forms().some(function (form) {
      return key(form) === sent && form.hasAttribute("data-bound");
    });
    if (!here) {
      store.removeItem(sent);
    }
  }
  Array.prototype.forEach.call(document.querySelectorAll("[data-draft-done]"), function (mark) {
    store.removeItem(PREFIX + mark.getAttribute("data-draft-done"));
  });
  forms().forEach(restore);

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
    var form = event.target;
    if (form.hasAttribute("data-keep") && !form.hasAttribute("data-keep-strict")) {
      store.setItem(SENT, key(form));
    }
  });
})();
