/* The sign-in page: says that reports wait on this phone (neither whose nor what), and lets the phone forget whose
   it was as soon as somebody signs in: the offline page then shows nobody's reports until their pages say who it is. */
(function () {
  "use strict";
  var note = document.querySelector("[data-unsent-note]");
  window.portalStore.ready().then(function (works) {
    if (works && note) {
      window.portalStore.anyUnsent().then(function (any) {
        note.hidden = !any;
      });
    }
  });
  document.addEventListener("submit", function () {
    try {
      ["portal-field-user", "portal-field-kit", "portal-field-place"].forEach(function (name) {
        window.localStorage.removeItem(name);
      });
    } catch (error) {
      return; // switched off: then nothing is kept there
    }
  });
})();
