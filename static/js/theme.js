/* Runs before the first paint: dark where the system is dark and the user chose nothing else. */
(function () {
  "use strict";
  var root = document.documentElement;
  var query = window.matchMedia ? window.matchMedia("(prefers-color-scheme: dark)") : null;

  function follow() {
    if (!root.hasAttribute("data-theme-chosen")) {
      root.setAttribute("data-bs-theme", query && query.matches ? "dark" : "light");
    }
  }
  function changed() {
    follow();
    document.dispatchEvent(new CustomEvent("portal:theme"));
  }

  follow();
  if (query && query.addEventListener) {
    query.addEventListener("change", changed);
  }
  /* For portal.js; charts listen to "portal:theme" on the document. */
  window.portalTheme = function (choice) {
    if (choice) {
      root.setAttribute("data-theme-chosen", "");
      root.setAttribute("data-bs-theme", choice);
    } else {
      root.removeAttribute("data-theme-chosen");
    }
    changed();
  };
})();
