/* The entry page: a place that the text names becomes the place, while the user has chosen none; one press takes it
   back. The server finds it (grids.places.mentions) and names it in #named-place; after picker.js. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-entry]");
  if (!form || !form.elements.place_chosen) {
    return;
  }
  var place = form.elements.place;
  var words = form.elements.place_q;
  var chosen = form.elements.place_chosen;
  var before = null; // what stood there before the text named a place

  function box() {
    return document.getElementById("named-place");
  }

  function put(code, label) {
    place.value = code;
    words.value = label;
    chosen.dispatchEvent(new Event("change", { bubbles: true })); // what the phone keeps follows
  }

  function follow() {
    var named = box();
    var code = named.getAttribute("data-code");
    if (chosen.value || document.activeElement === words) {
      return;
    }
    if (!code) {
      if (before) {
        put(before.code, before.label);
      }
      before = null;
      return;
    }
    if (place.value !== code) {
      before = before || { code: place.value, label: words.value };
      put(code, named.getAttribute("data-label"));
    }
    named.hidden = !before;
  }

  function choose() {
    chosen.value = "1";
    before = null;
    box().hidden = true;
  }

  form.addEventListener("input", function (event) {
    if (event.target === words) {
      choose();
    }
  });
  form.addEventListener("change", function (event) {
    if (event.target === place) {
      choose();
    }
  });
  form.addEventListener("click", function (event) {
    if (event.target.closest("[data-named-undo]") && before) {
      var old = before;
      choose();
      put(old.code, old.label);
      form.elements.description.focus();
      form.elements.description.dispatchEvent(new Event("hints"));
    }
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id === "similar") {
      follow();
    }
  });
})();
