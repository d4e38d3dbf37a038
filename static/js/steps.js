/* Steps of a workflow on the page of a row (templates/generic/action.html):
     details.act                 a button that opens its inputs; one at a time, the first input gets the focus
     [aria-keyshortcuts="1"]     the digit that opens the step, or stands on its button, where nobody is typing
     data-only-if="name=value"   an input that belongs to one answer of another
     data-says, data-plain       on a button: whom it goes to, once that is chosen */
(function () {
  "use strict";

  function each(root, selector, action) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), action);
  }

  function openAsked() {
    var asked = location.hash.indexOf("#act-") === 0 && document.getElementById(location.hash.slice(1));
    if (asked) {
      asked.open = true;
      var folded = asked.parentElement.closest("details");
      if (folded) {
        folded.open = true;
      }
      asked.scrollIntoView({ block: "nearest" });
    }
  }
  // One set of inputs at a time; the first of them gets the focus.
  each(document, "details.act", function (act) {
    act.addEventListener("toggle", function () {
      if (!act.open) {
        return;
      }
      each(document, "details.act[open]", function (other) {
        if (other !== act) {
          other.open = false;
        }
      });
      var first = act.querySelector("input.combo-select, input[type=radio]:checked, input[type=checkbox], input[type=number], textarea, select:not([hidden])");
      if (first) {
        first.focus({ preventScroll: first.type === "radio" });
      }
    });
  });
  // What was typed before the network failed is in sight again.
  each(document, "details.act form[data-restored]", function (form) {
    form.closest("details.act").open = true;
  });
  window.addEventListener("hashchange", openAsked);
  openAsked();

  // Inputs that belong to one answer of another are shown with it: data-only-if="reached=true".
  function showFitting(form) {
    each(form, "[data-only-if]", function (input) {
      var wanted = input.getAttribute("data-only-if").split("=");
      var chosen = form.querySelector('[name="' + wanted[0] + '"]:checked');
      input.closest(".field").hidden = !chosen || chosen.value !== wanted[1];
    });
  }
  each(document, ".act form", function (form) {
    if (form.querySelector("[data-only-if]")) {
      form.addEventListener("change", function () {
        showFitting(form);
      });
      showFitting(form);
    }
  });

  // The button says whom it goes to: "派办给 城管执法队".
  function says(select) {
    var button = select.form && select.form.querySelector("[data-says]");
    if (button) {
      var option = select.options[select.selectedIndex];
      button.textContent = option && option.value ? button.getAttribute("data-says") + option.textContent.trim() : button.getAttribute("data-plain");
    }
  }
  document.addEventListener("change", function (event) {
    if (event.target.name === "organisation") {
      says(event.target);
    }
  });
  each(document, 'select[name="organisation"]', says); // a routing rule may have chosen already

  // Digits: a step with inputs opens, one without is pressed by Enter.
  document.addEventListener("keydown", function (event) {
    var target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !/^[1-9]$/.test(event.key)) {
      return;
    }
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog[open]")) {
      return;
    }
    var step = document.querySelector('.acts [aria-keyshortcuts="' + event.key + '"]');
    if (!step) {
      return;
    }
    event.preventDefault();
    var act = step.parentElement;
    var folded = act.parentElement.closest("details");
    if (folded) {
      folded.open = true;
    }
    step.focus();
    if (step.tagName === "SUMMARY") {
      act.open = true;
    }
    step.scrollIntoView({ block: "nearest" });
  });
})();
