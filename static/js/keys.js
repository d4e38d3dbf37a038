/* Keys, where nobody is typing:
     /      the search box: data-key-search in the page first, else the top bar's
     n      what [data-key-new] does
     j k    the next or previous row of table[data-rows]; Enter opens its data-href
     x      checks or unchecks that row, where rows can be checked
     ?      the list of keys */
(function () {
  "use strict";

  function typing(target) {
    return target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  }
  function first(selector) {
    return document.querySelector("main " + selector) || document.querySelector(selector);
  }
  function rows() {
    return Array.prototype.slice.call(document.querySelectorAll("table[data-rows] tbody tr[data-href]"));
  }
  function current(list) {
    return list.findIndex(function (row) {
      return row.classList.contains("is-current");
    });
  }

  function move(step) {
    var list = rows();
    if (!list.length) {
      return;
    }
    var from = current(list);
    var to = from < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, from + step));
    if (from >= 0) {
      list[from].classList.remove("is-current");
    }
    list[to].classList.add("is-current");
    // The row's link takes the focus, so that a screen reader reads along.
    var link = list[to].querySelector("a[href]");
    if (link) {
      link.focus({ preventScroll: true });
    }
    list[to].scrollIntoView({ block: "nearest" });
  }

  function open() {
    var list = rows();
    var at = current(list);
    if (at >= 0) {
      location.href = list[at].getAttribute("data-href");
      return true;
    }
    return false;
  }

  function help() {
    window.portal.openDialog(document.getElementById("help-dialog"));
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) {
      return;
    }
    if (document.querySelector("dialog[open]")) {
      return;
    }
    var target;
    if (event.key === "/" && (target = first("[data-key-search]"))) {
      target.focus();
      target.select();
    } else if (event.key === "n" && (target = first("[data-key-new]"))) {
      target.click();
    } else if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    } else if (event.key === "x" && (target = document.querySelector("tr.is-current input[type=checkbox]"))) {
      target.click();
    } else if (event.key === "?") {
      help();
    } else if (event.key !== "Enter" || !event.target.matches("body, main, tr, tr a") || !open()) {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-help-open]")) {
      help();
    }
  });
})();
