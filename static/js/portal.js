/* What every page does without being asked, through attributes:
     data-href="/…"            on <tr>: a click anywhere on the row opens it
     data-confirm="…"          on a button or form: asks first, with the consequence; data-confirm-label names the yes
     data-copy="…" | data-copy on a button: copies the text, or the address of the page
     data-print                on a button: prints the page
     data-theme-set, data-large-toggle    the appearance; kept in cookies that the server reads
     data-menu                 on <details>: closes on Escape and on a click outside
     data-nav-open, data-nav-close        the navigation panel of small screens
     data-message-close        removes the message it stands in
     data-autosubmit           on a <select> or check box: sends its form when changed
     data-fold                 on a button: its form's fields but the first fold away on the phone
     data-check-all="name"     on a check box: checks all boxes of that name
     data-day                  on a text input: a day, typed as 2026-11-30, with the browser's calendar beside it
   Forms that post are sent once: their buttons rest until the answer; data-repeatable turns that off.
   Plain script, no framework, browsers from 2018 on. Keys are in keys.js, drafts in drafts.js. */
(function () {
  "use strict";
  var YEAR = 365 * 24 * 60 * 60;
  var root = document.documentElement;

  function closest(event, selector) {
    return event.target && event.target.closest ? event.target.closest(selector) : null;
  }
  function each(selector, action) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), action);
  }
  function keep(name, value) {
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; SameSite=Lax; Max-Age=" + (value ? YEAR : 0) + secure;
  }
  function say(text) {
    var box = document.getElementById("messages");
    if (!box) {
      return;
    }
    var message = document.createElement("div");
    message.className = "message";
    var words = document.createElement("div");
    words.className = "message-text";
    words.textContent = text;
    message.appendChild(words);
    box.appendChild(message);
    setTimeout(function () {
      message.remove();
    }, 6000);
  }

  /* --- Dialogs ------------------------------------------------------------------------ */

  function openDialog(dialog) {
    if (dialog && dialog.showModal && !dialog.open) {
      dialog.showModal();
    }
  }

  /* Asks; calls yes() when agreed. Browsers without <dialog> get their own question. */
  function ask(text, label, yes) {
    var dialog = document.getElementById("confirm-dialog");
    if (!dialog || !dialog.showModal) {
      if (window.confirm(text)) {
        yes();
      }
      return;
    }
    document.getElementById("confirm-text").textContent = text;
    var button = dialog.querySelector("[data-confirm-yes]");
    button.textContent = label || "确定";
    button.onclick = function () {
      dialog.close();
      yes();
    };
    openDialog(dialog);
  }

  window.portal = { ask: ask, say: say, openDialog: openDialog };

  var agreed = null;

  function label(owner) {
    return owner.getAttribute("data-confirm-label") || (owner.tagName === "FORM" ? "" : owner.textContent.trim());
  }

  function guard(event, owner, again) {
    if (!owner || agreed === owner) {
      agreed = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(owner.getAttribute("data-confirm"), label(owner), function () {
      agreed = owner;
      again();
      agreed = null;
    });
  }

  document.addEventListener(
    "click",
    function (event) {
      var owner = closest(event, "button[data-confirm], a[data-confirm], input[data-confirm]");
      if (owner) {
        guard(event, owner, function () {
          owner.click();
        });
      }
    },
    true
  );
  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      if (form.hasAttribute("data-confirm")) {
        var submitter = event.submitter;
        guard(event, form, function () {
          if (form.requestSubmit) {
            form.requestSubmit(submitter || undefined);
          } else {
            form.submit();
          }
        });
      }
    },
    true
  );

  /* --- A form is sent once --------------------------------------------------------------- */

  function rest(form, resting) {
    Array.prototype.forEach.call(form.querySelectorAll("button, input[type=submit]"), function (button) {
      if (button.type !== "submit") {
        return;
      }
      if (resting && !button.disabled) {
        button.disabled = true;
        button.setAttribute("aria-busy", "true");
      } else if (!resting && button.getAttribute("aria-busy") === "true") {
        button.disabled = false;
        button.removeAttribute("aria-busy");
      }
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-repeatable")) {
      return;
    }
    // After the browser has collected the values: a disabled button would not send its own.
    setTimeout(function () {
      rest(form, true);
    }, 0);
    setTimeout(function () {
      rest(form, false);
    }, 15000);
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var form = event.target && event.target.closest ? event.target.closest("form") : null;
    if (form) {
      rest(form, false);
    }
  });
  document.addEventListener("htmx:sendError", function () {
    say("网络不通，请稍后再试。已填内容仍在页面上。");
  });
  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail && event.detail.xhr ? event.detail.xhr.status : 0;
    var words = { 401: "登录已过期，请重新登录。", 403: "您没有这项操作的权限。", 404: "没有找到，或不在您的范围内。", 409: "此件刚被他人更新，请刷新后再办。" };
    say(words[status] || "操作没有成功，请稍后再试。已填内容仍在页面上。");
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      each("form", function (form) {
        rest(form, false);
      });
    }
  });

  /* --- Clicks ------------------------------------------------------------------------------ */

  function openRow(event) {
    var row = closest(event, "tr[data-href]");
    if (!row || closest(event, "a, button, input, select, textarea, label, summary")) {
      return;
    }
    if (window.getSelection && String(window.getSelection())) {
      return; // somebody is marking text
    }
    if (event.ctrlKey || event.metaKey) {
      window.open(row.getAttribute("data-href"));
    } else {
      location.href = row.getAttribute("data-href");
    }
  }

  function copy(button) {
    var text = button.getAttribute("data-copy") || location.href;
    var done = function () {
      say("已复制：" + text);
    };
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done, function () {
        say("没有复制成功，请手工复制：" + text);
      });
      return;
    }
    var area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    var copied = document.execCommand("copy");
    area.remove();
    if (copied) {
      done();
    } else {
      say("没有复制成功，请手工复制：" + text);
    }
  }

  function setTheme(button) {
    var choice = button.getAttribute("data-theme-set");
    keep("portal-theme", choice);
    window.portalTheme(choice);
    each("[data-theme-set]", function (other) {
      other.setAttribute("aria-pressed", String(other === button));
    });
  }

  function toggleLarge() {
    var large = root.classList.toggle("large");
    keep("portal-large", large ? "1" : "");
    each("[data-large-toggle]", function (button) {
      button.setAttribute("aria-pressed", String(large));
    });
  }

  function openNav(event) {
    var nav = document.getElementById("nav");
    if (nav) {
      event.preventDefault();
      location.replace("#nav"); // :target shows it; replace() keeps the way back clean
      nav.focus();
    }
  }
  function closeNav() {
    if (location.hash === "#nav") {
      location.replace("#content");
      document.getElementById("content").focus();
    }
  }

  document.addEventListener("click", function (event) {
    var target;
    if ((target = closest(event, "[data-theme-set]"))) {
      setTheme(target);
    } else if (closest(event, "[data-large-toggle]")) {
      toggleLarge();
    } else if ((target = closest(event, "[data-copy]"))) {
      copy(target);
    } else if (closest(event, "[data-print]")) {
      window.print();
    } else if ((target = closest(event, "[data-message-close]"))) {
      target.closest(".message").remove();
    } else if ((target = closest(event, "[data-dialog-close]"))) {
      target.closest("dialog").close();
    } else if (closest(event, "[data-nav-open]")) {
      openNav(event);
    } else if (closest(event, "[data-nav-close]") || (location.hash === "#nav" && !closest(event, "#nav"))) {
      event.preventDefault();
      closeNav();
    } else {
      openRow(event);
    }
    each("details[data-menu][open]", function (menu) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    });
  });

  // In a long menu the line of this page stands in sight.
  each(".nav-side [aria-current]", function (link) {
    var nav = document.getElementById("nav");
    var below = link.offsetTop + link.offsetHeight - nav.offsetTop - nav.clientHeight;
    if (below > 0) {
      nav.scrollTop = below + nav.clientHeight / 3;
    }
  });

  // On the phone the filters fold away behind a button.
  each("[data-fold]", function (button) {
    button.hidden = false;
    button.form.classList.add("can-fold");
    button.addEventListener("click", function () {
      var open = button.form.classList.toggle("is-open");
      button.setAttribute("aria-expanded", String(open));
    });
  });

  /* A day is typed the same way in every browser; its own date input, hidden, lends its calendar. */
  function lendCalendar(input) {
    if (input.hasAttribute("data-day-ready") || !HTMLInputElement.prototype.showPicker) {
      return;
    }
    input.setAttribute("data-day-ready", "");
    var box = document.createElement("span");
    var calendar = document.createElement("input");
    var button = document.createElement("button");
    var focused = document.activeElement === input;
    box.className = "day";
    calendar.type = "date";
    calendar.className = "day-calendar";
    calendar.tabIndex = -1;
    calendar.setAttribute("aria-hidden", "true");
    button.type = "button";
    button.className = "day-open";
    button.textContent = "日历";
    input.parentNode.insertBefore(box, input);
    box.appendChild(input);
    box.appendChild(button);
    box.appendChild(calendar);
    if (focused) {
      input.focus(); // it lost it on its way into the box
    }
    button.addEventListener("click", function () {
      calendar.value = /^\d{4}-\d{2}-\d{2}$/.test(input.value) ? input.value : "";
      calendar.showPicker();
    });
    calendar.addEventListener("change", function (event) {
      event.stopPropagation();
      input.value = calendar.value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  function lendCalendars() {
    each("input[data-day]", lendCalendar);
  }
  lendCalendars();
  document.addEventListener("htmx:afterSettle", lendCalendars);

  document.addEventListener("change", function (event) {
    var target = event.target;
    if (target.hasAttribute("data-autosubmit") && target.form) {
      if (target.form.requestSubmit) {
        target.form.requestSubmit();
      } else {
        target.form.submit();
      }
    } else if (target.hasAttribute("data-check-all")) {
      each('input[type="checkbox"][name="' + target.getAttribute("data-check-all") + '"]', function (box) {
        box.checked = target.checked;
      });
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      each("details[data-menu][open]", function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      closeNav();
    }
  });
})();
