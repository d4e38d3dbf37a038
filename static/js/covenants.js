/* The editor of a draft (form[data-draft]): shows what an item's kind needs, adds rows in place. Runs before
   drafts.js, so that the rows of a kept draft are there when their values come back. */
(function () {
  "use strict";

  function each(root, selector, action) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), action);
  }

  // Of a task its quantity, of funds the amount, of a project the milestones.
  function fit(item) {
    var kind = item.querySelector('select[name$="-kind"]').value;
    each(item, "[data-for]", function (part) {
      part.hidden = part.getAttribute("data-for").split(" ").indexOf(kind) < 0;
    });
  }

  // The number that a new row gets: one more than the highest.
  function next(root, pattern) {
    var highest = -1;
    each(root, "[name]", function (field) {
      var found = pattern.exec(field.name);
      if (found) {
        highest = Math.max(highest, Number(found[1]));
      }
    });
    return highest + 1;
  }

  // The markup comes from our own <template>; nothing that a user typed stands in it.
  function made(source, item, node) {
    var holder = document.createElement("div");
    holder.innerHTML = source.replace(/__i__/g, item).replace(/__n__/g, node);
    return holder.firstElementChild;
  }

  function start(form) {
    var pattern = form.querySelector('template[data-pattern="item"]');
    if (!pattern) {
      return;
    }
    var row = pattern.content.querySelector(".item").outerHTML;
    var node = pattern.content.querySelector(".node-row").outerHTML;

    function addNode(item, number) {
      var prefix = item.getAttribute("data-item");
      var index = prefix.replace("items-", "");
      var at = number === undefined ? next(item, new RegExp("^" + prefix + "-nodes-(\\d+)-")) : number;
      var added = made(node, index, at);
      item.querySelector("[data-nodes]").appendChild(added);
      return added;
    }
    function ready(item) {
      fit(item);
      if (!item.querySelector(".node-row")) {
        addNode(item);
      }
    }
    function addItem(number) {
      var at = number === undefined ? next(form, /^items-(\d+)-/) : number;
      var added = made(row, at, 0);
      form.querySelector("[data-items]").appendChild(added);
      ready(added);
      return added;
    }

    // What was typed before a connection was lost may have had more rows.
    function grow() {
      var kept = {};
      try {
        var name = "portal-draft:" + document.body.getAttribute("data-user") + ":" + form.getAttribute("data-keep");
        kept = JSON.parse(window.sessionStorage.getItem(name) || "{}");
      } catch (error) {
        return; // storage is switched off
      }
      if (form.hasAttribute("data-bound")) {
        return;
      }
      Object.keys(kept).forEach(function (name) {
        var found = /^items-(\d+)-(?:nodes-(\d+)-)?/.exec(name);
        if (!found) {
          return;
        }
        var item = form.querySelector('[data-item="items-' + found[1] + '"]') || addItem(Number(found[1]));
        if (found[2] && !form.querySelector('[name="items-' + found[1] + "-nodes-" + found[2] + '-title"]')) {
          addNode(item, Number(found[2]));
        }
      });
    }

    each(form, "[data-items] .item", ready);
    grow();
    form.addEventListener("change", function (event) {
      if (/-kind$/.test(event.target.name)) {
        fit(event.target.closest(".item"));
      }
    });
    form.addEventListener("input", function (event) {
      if (/-kind$/.test(event.target.name)) {
        fit(event.target.closest(".item")); // also when a kept draft comes back
      }
    });
    form.addEventListener("click", function (event) {
      var button = event.target.closest("[data-add-item], [data-add-node]");
      if (!button) {
        return;
      }
      event.preventDefault();
      var added = button.hasAttribute("data-add-item") ? addItem() : addNode(button.closest(".item"));
      added.querySelector("select, input:not([type=hidden])").focus();
    });
    var wrong = form.querySelector(".has-error input:not([type=hidden]), .has-error textarea, .has-error select");
    if (wrong && form.hasAttribute("data-bound")) {
      wrong.focus();
    }
  }

  each(document, "form[data-draft]", start);
})();
