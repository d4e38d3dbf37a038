/* The issue pages: entry (form[data-entry]), desk (form[data-desk]). */
(function () {
  "use strict";

  function each(root, selector, action) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), action);
  }

  /* --- Entry -------------------------------------------------------------------------------- */

  function dropDraft(form) {
    var user = document.body.getAttribute("data-user");
    try {
      window.sessionStorage.removeItem("portal-draft:" + user + ":" + form.getAttribute("data-keep"));
    } catch (error) {
      return; // storage is switched off
    }
  }

  function entry(form) {
    var text = form.elements.description;
    form.addEventListener("change", function (event) {
      var target = event.target;
      if (target.name === "suggested") {
        form.elements.category.value = target.value;
        form.elements.category.dispatchEvent(new Event("change", { bubbles: true }));
      } else if (target.name === "category") {
        each(form, 'input[name="suggested"]', function (radio) {
          radio.checked = radio.value === target.value;
        });
      } else if (target.name === "place") {
        text.dispatchEvent(new Event("hints"));
      }
    });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        var again = event.shiftKey && form.querySelector('button[name="again"]');
        (again || form.querySelector(".btn-report")).click();
      } else if (event.key === "Enter" && event.target.name === "suggested") {
        event.preventDefault(); // choose what is in focus; a bare Enter would send the form without it
        event.target.click();
      }
    });
    form.addEventListener("click", function (event) {
      if (event.target.closest("[data-same]")) {
        dropDraft(form);
      }
    });
    if (text.value) {
      // htmx is ready after this script
      document.addEventListener("DOMContentLoaded", function () {
        text.dispatchEvent(new Event("hints"));
      });
    }
    var wrong = form.querySelector(".has-error input:not([type=hidden]), .has-error textarea, .has-error select");
    if (wrong && form.hasAttribute("data-bound")) {
      wrong.focus();
    }
  }

  each(document, "form[data-entry]", entry);

  /* --- Desk ------------------------------------------------------------------------------------ */

  // On the phone the list comes first.
  if (window.matchMedia("(max-width: 767.98px)").matches) {
    each(document, ".saved[open]", function (saved) {
      saved.open = false;
    });
  }

  function count() {
    var chosen = document.querySelectorAll('input[name="issue"]:checked').length;
    each(document, "[data-bulk]", function (bar) {
      bar.hidden = !chosen;
    });
    each(document, "[data-bulk-count]", function (place) {
      place.textContent = chosen;
    });
  }
  document.addEventListener("change", function (event) {
    if (event.target.name === "issue" || event.target.hasAttribute("data-check-all")) {
      setTimeout(count, 0); // after portal.js has checked them all
    }
  });
  // What is searched for goes along into the other queues, and stays in the top bar.
  function keepSearch() {
    var words = new URLSearchParams(location.search).get("q") || "";
    each(document, "a[data-queue]", function (link) {
      link.search = "?queue=" + link.getAttribute("data-queue") + (words ? "&q=" + encodeURIComponent(words) : "");
    });
    each(document, "#portal-search", function (box) {
      if (box !== document.activeElement) {
        box.value = words;
      }
    });
  }
  document.addEventListener("htmx:afterSettle", function () {
    count();
    each(document, "[data-current-query]", function (field) {
      field.value = location.search.slice(1);
    });
    keepSearch();
  });
  count();
})();
