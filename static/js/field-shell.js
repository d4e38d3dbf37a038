/* The offline page: the form gets its places and categories from the kit that the phone keeps for its user, and
   the page the appearance that its user chose. Before picker.js. Plain script, browsers from 2018 on. */
(function () {
  "use strict";
  var field = window.portalField;
  var form = document.querySelector("form[data-offline-form]");
  var kit = field && field.kit();

  function cookie(name) {
    var found = new RegExp("(?:^|; )" + name + "=([^;]*)").exec(document.cookie);
    return found ? found[1] : "";
  }
  if (cookie("portal-large") === "1") {
    document.documentElement.classList.add("large");
  }
  if (/^(light|dark)$/.test(cookie("portal-theme"))) {
    window.portalTheme(cookie("portal-theme"));
  }

  function option(parent, value, text) {
    var made = parent.appendChild(document.createElement("option"));
    made.value = value;
    made.textContent = text;
  }

  document.querySelector("[data-reload]").addEventListener("click", function (event) {
    if (location.pathname !== "/offline/") {
      event.preventDefault();
      location.reload();
    }
  });
  document.querySelector("[data-nobody]").hidden = Boolean(kit);
  if (!kit) {
    return;
  }
  kit.places.forEach(function (place) {
    option(form.elements.place, place.code, place.label);
  });
  var group = null;
  kit.categories.forEach(function (category) {
    if (!group || group.label !== category.group) {
      group = form.elements.category.appendChild(document.createElement("optgroup"));
      group.label = category.group;
    }
    option(group, category.code, category.name);
  });
  var wanted = /[?&]place=(\d{9,21})/.exec(location.search);
  form.elements.place.value = wanted ? wanted[1] : kit.place;
  if (form.elements.place.selectedIndex < 0) {
    form.elements.place.value = "";
  }
  form.querySelector(".photo-field").setAttribute("data-most", kit.most_photos);
  form.hidden = false;
})();
