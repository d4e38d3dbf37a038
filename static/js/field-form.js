/* The fields of the report form of grid and area leaders (form[data-queue]): window.portalForm(form, field) reads and
   fills them, puts errors beside them, and knows places and categories without a network. For field-entry.js; needs
   field-suggest.js. */
(function () {
  "use strict";
  var NAMES = ["place", "place_q", "place_chosen", "description", "category", "address", "severity", "source", "contact_name", "contact_phone"];
  var CHECKS = ["has_personal", "not_personal"];
  var LAST = "portal-field-place";

  window.portalForm = function (form, field) {
    var input = form.elements;

    /* --- Values --------------------------------------------------------------------------------- */

    function valueOf(name) {
      if (!input[name]) {
        return "";
      }
      if (input[name].length && !input[name].tagName) {
        var chosen = form.querySelector('[name="' + name + '"]:checked');
        return chosen ? chosen.value : "";
      }
      return input[name].value;
    }

    function values() {
      var found = {};
      NAMES.forEach(function (name) {
        found[name] = valueOf(name);
      });
      CHECKS.forEach(function (name) {
        found[name] = Boolean(input[name] && input[name].checked);
      });
      return found;
    }

    function labelOf(select) {
      var option = select && select.options && select.options[select.selectedIndex];
      return option && option.value ? option.textContent.trim() : "";
    }

    function words() {
      return { place: input.place_q ? input.place_q.value : labelOf(input.place), category: labelOf(input.category) };
    }

    function put(name, value) {
      var one = input[name];
      if (!one) {
        return;
      }
      if (one.length && !one.tagName) {
        Array.prototype.forEach.call(one, function (radio) {
          radio.checked = radio.value === value;
        });
        return;
      }
      one.value = value;
      if (name === "category" || (name === "place" && one.tagName === "SELECT")) {
        one.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }

    function fill(record, withPlace) {
      NAMES.forEach(function (name) {
        if (withPlace || name.indexOf("place") !== 0) {
          put(name, record.values[name] || "");
        }
      });
      if (withPlace && input.place_q) {
        input.place_q.value = (record.words && record.words.place) || record.values.place_q || "";
      }
      CHECKS.forEach(function (name) {
        if (input[name]) {
          input[name].checked = Boolean(record.values[name]);
        }
      });
      input.description.dispatchEvent(new Event("hints"));
    }

    /* --- Errors beside the fields ------------------------------------------------------------------ */

    function boxOf(name) {
      var one = name === "place" ? input.place_q || input.place : input[name];
      return one && one.closest ? one.closest(".field") : null;
    }

    function clearErrors() {
      Array.prototype.forEach.call(form.querySelectorAll("[data-queue-error]"), function (list) {
        list.remove();
      });
      Array.prototype.forEach.call(form.querySelectorAll("[aria-invalid]"), function (one) {
        one.removeAttribute("aria-invalid");
      });
    }

    function showErrors(errors, reason) {
      clearErrors();
      var first = null;
      var left = [];
      Object.keys(errors).forEach(function (name) {
        var box = boxOf(name);
        if (name === "not_personal") {
          form.querySelector("[data-not-personal]").hidden = false;
          return;
        }
        if (!box) {
          left = left.concat(errors[name]);
          return;
        }
        box.appendChild(errorList(errors[name]));
        var visible = box.querySelector("input:not([type=hidden]):not([hidden]), textarea, select:not([hidden])");
        if (visible) {
          visible.setAttribute("aria-invalid", "true");
          first = first || visible;
        }
      });
      if (left.length || (!Object.keys(errors).length && reason)) {
        form.insertBefore(errorList(left.length ? left : [reason]), form.firstChild);
      }
      if (first) {
        first.focus();
      }
    }

    function errorList(texts) {
      var list = document.createElement("ul");
      list.className = "errorlist";
      list.setAttribute("data-queue-error", "");
      list.setAttribute("role", "alert");
      texts.forEach(function (text) {
        var item = document.createElement("li");
        item.textContent = text;
        list.appendChild(item);
      });
      return list;
    }

    /* --- Places without a network -------------------------------------------------------------------------- */

    function near(text) {
      var known = field.kit();
      var parts = text.toLowerCase().split(/\s+/).filter(Boolean);
      var places = known ? known.places : [];
      return places
        .filter(function (place) {
          return parts.every(function (part) {
            return place.label.toLowerCase().indexOf(part) >= 0;
          });
        })
        .slice(0, 12)
        .map(function (place) {
          return { value: place.code, label: place.label };
        });
    }
    window.portalNear = function (one, text) {
      return one === input.place_q ? near(text) : [];
    };

    // A place typed in words, not taken from the list: the one that fits, if it is the only one.
    function settlePlace() {
      var typed = input.place_q ? input.place_q.value.trim() : "";
      if (valueOf("place") || !typed) {
        return Promise.resolve();
      }
      return fetch("/places/?q=" + encodeURIComponent(typed), { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (response) {
          return response.json();
        })
        .then(
          function (found) {
            return found.results;
          },
          near.bind(null, typed)
        )
        .then(function (hits) {
          if (hits.length === 1) {
            input.place.value = hits[0].value;
            input.place_q.value = hits[0].label;
          }
        });
    }

    function rememberPlace() {
      try {
        window.localStorage.setItem(LAST, JSON.stringify({ user: field.user, code: valueOf("place"), label: words().place }));
      } catch (error) {
        return;
      }
    }

    // Who has several grids begins where the last report was made.
    function lastPlace() {
      if (valueOf("place") || (input.place_q && input.place_q.value)) {
        return;
      }
      try {
        var last = JSON.parse(window.localStorage.getItem(LAST) || "null");
        if (last && last.user === field.user && last.code) {
          put("place", last.code);
          if (input.place_q) {
            input.place_q.value = last.label;
          }
        }
      } catch (error) {
        return;
      }
    }

    /* --- Likely categories without a network (field-suggest.js) --------------------------------------------- */

    var wordsKept = null;

    function suggest() {
      var box = document.getElementById("suggested");
      wordsKept = wordsKept || field.kit();
      if (!wordsKept || !box) {
        return;
      }
      var likely = window.portalSuggest(wordsKept.categories, valueOf("description"), 4);
      box.textContent = "";
      if (!likely.length) {
        return;
      }
      var set = document.createElement("fieldset");
      set.className = "suggested";
      set.appendChild(document.createElement("legend")).textContent = "推荐分类";
      likely.forEach(function (category) {
        var label = set.appendChild(document.createElement("label"));
        label.className = "tap";
        var radio = label.appendChild(document.createElement("input"));
        radio.type = "radio";
        radio.name = "suggested";
        radio.value = category.code;
        radio.checked = valueOf("category") === category.code;
        label.appendChild(document.createElement("span")).textContent = category.name;
      });
      box.appendChild(set);
    }

    return {
      valueOf: valueOf,
      values: values,
      words: words,
      fill: fill,
      clearErrors: clearErrors,
      showErrors: showErrors,
      settlePlace: settlePlace,
      rememberPlace: rememberPlace,
      lastPlace: lastPlace,
      suggest: suggest
    };
  };
})();
