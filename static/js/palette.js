/* The palette 去哪儿. Ctrl-K or a tap opens the search box; what it finds stands below it, arrows choose, Enter goes there.
   The list comes by htmx (hx-get on the box); without script the box searches issues. */
(function () {
  "use strict";
  var box = document.querySelector("[data-palette]");
  var list = document.getElementById("palette-results");
  if (!box || !list) {
    return;
  }

  function options() {
    return Array.prototype.slice.call(list.querySelectorAll("[role=option]"));
  }
  function chosen() {
    return list.querySelector("[aria-selected=true]");
  }
  function mark(option) {
    options().forEach(function (one) {
      one.setAttribute("aria-selected", one === option ? "true" : "false");
    });
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }
  function show(open) {
    list.hidden = !open;
    box.setAttribute("aria-expanded", open ? "true" : "false");
    if (!open) {
      box.removeAttribute("aria-activedescendant");
    }
  }
  function remember(link) {
    var data = new FormData();
    data.append("url", link.getAttribute("href"));
    var headers = JSON.parse(document.body.getAttribute("hx-headers"));
    if (window.fetch) {
      /* It goes on while the page is left. */
      window.fetch("/go/chosen/", { method: "POST", body: data, headers: headers, keepalive: true }).catch(function () {});
    }
  }
  function open() {
    box.focus();
    box.select();
    window.htmx.trigger(box, "palette-open");
  }

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  box.addEventListener("click", function () {
    if (list.hidden) {
      window.htmx.trigger(box, "palette-open");
    }
  });
  box.addEventListener("input", function () {
    /* What was found for other words is no longer where Enter goes. */
    mark(null);
  });
  list.addEventListener("htmx:afterSwap", function () {
    show(true);
    var first = chosen();
    if (first) {
      mark(first);
    }
  });
  box.addEventListener("keydown", function (event) {
    if (event.isComposing) {
      return;
    }
    var found = options();
    var at = found.indexOf(chosen());
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length && !list.hidden) {
      event.preventDefault();
      var to = event.key === "ArrowDown" ? at + 1 : at < 0 ? found.length - 1 : at - 1;
      mark(found[(to + found.length) % found.length]);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      remember(found[at]);
      location.href = found[at].href;
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });
  list.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[data-go]") : null;
    if (link) {
      remember(link);
    }
  });
  document.addEventListener("click", function (event) {
    if (!list.hidden && !box.form.contains(event.target)) {
      show(false);
    }
  });
  box.addEventListener("blur", function () {
    setTimeout(function () {
      if (!box.form.contains(document.activeElement)) {
        show(false);
      }
    }, 150);
  });
})();
