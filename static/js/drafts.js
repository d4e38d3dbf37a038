/* Typing is not lost: a form with data-keep="name" keeps its values in this tab until it is sent.
   They come back when the form is shown again empty, e.g. after a lost connection. A form that
   the server gave back with its values (data-bound) is left as it is. Passwords, files and
   hidden fields are never kept. */
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

  function save(form) {
    var values = [];
    Array.prototype.forEach.call(form.elements, function (field, index) {
      if (kept(field)) {
        values.push([index, field.name, isChoice(field) ? field.checked : field.value]);
      }
    });
    store.setItem(key(form), JSON.stringify(values));
  }

  function restore(form) {
    var text = store.getItem(key(form));
    if (!text || form.hasAttribute("data-bound")) {
      return;
    }
    JSON.parse(text).forEach(function (entry) {
      var field = form.elements[entry[0]];
      if (!field || field.name !== entry[1] || !kept(field)) {
        return;
      }
      if (isChoice(field)) {
        field.checked = entry[2];
      } else if (entry[2] && field.value !== entry[2]) {
        field.value = entry[2];
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
    if (form.hasAttribute("data-keep")) {
      store.setItem(SENT, key(form));
    }
  });
})();
