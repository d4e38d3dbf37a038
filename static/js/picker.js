/* The picker of every choice among many (ARIA 1.2: input + listbox), on top of what works without script:
     select[data-combobox]                a long select; options may carry data-words (pinyin);
                                          with "multiple" each one taken becomes a removable word
     input[data-combobox-url]             asks the server (?q=, {results: [{value, label}]});
                                          data-combobox-value: id of the hidden input that gets the value;
                                          without it the value itself is written into the text field,
                                          with data-combobox-words the label
   Typing narrows, arrows move, Enter or Tab takes, Escape closes. The only match is taken by whoever goes on, even
   when it arrives late. The select, the hidden or the text input stays what is sent; it fires "change". */
(function () {
  "use strict";
  var LIMIT = 300;

  function matches(option, words) {
    var label = option.label.toLowerCase();
    var pinyin = " " + (option.words || "");
    var initials = (option.words || "").split(" ")[0]; // any part of them will do: "wy" finds 安居物业
    return words.every(function (word) {
      return label.indexOf(word) >= 0 || pinyin.indexOf(" " + word) >= 0 || initials.indexOf(word) >= 0 || (option.group || "").indexOf(word) >= 0;
    });
  }

  function optionsOf(select) {
    return Array.prototype.filter
      .call(select.options, function (option) {
        return option.value;
      })
      .map(function (option) {
        var group = option.parentNode.tagName === "OPTGROUP" ? option.parentNode.label : "";
        return {
          value: option.value,
          label: option.textContent.trim(),
          words: option.getAttribute("data-words"),
          group: group,
          index: option.index,
          selected: option.selected
        };
      });
  }

  /* input: the text field; source(text, done(options)); chosen() → label now chosen; take(option). */
  function Combobox(input, source, chosen, take) {
    var list = document.createElement("ul");
    var status = document.createElement("div");
    var options = [];
    var active = -1;
    var wanted = 0;
    var typed = false;
    var waiting = false; // for the server
    var late = false; // whoever typed has gone on: the only match is taken, nothing is shown
    list.id = input.id + "_list";
    list.className = "combo-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.getAttribute("aria-label") || nameOf(input.id) || "选项");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    var box = document.createElement("div");
    box.className = "combo";
    input.parentNode.insertBefore(box, input);
    box.appendChild(input);
    box.appendChild(list);
    box.appendChild(status);

    function mark(index) {
      var items = list.querySelectorAll("[role=option]");
      if (items[active]) {
        items[active].setAttribute("aria-selected", "false");
      }
      active = index;
      if (items[active]) {
        items[active].setAttribute("aria-selected", "true");
        items[active].scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", items[active].id);
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
      typed = false;
    }

    function show(found) {
      var group = "";
      options = found.slice(0, LIMIT);
      list.textContent = "";
      options.forEach(function (option, index) {
        var item;
        if (option.group && option.group !== group) {
          group = option.group;
          item = document.createElement("li");
          item.setAttribute("role", "presentation");
          item.className = "combo-group";
          item.textContent = group;
          list.appendChild(item);
        }
        item = document.createElement("li");
        item.id = list.id + "_" + index;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.setAttribute("data-index", index);
        item.textContent = option.label;
        list.appendChild(item);
      });
      if (!options.length) {
        var none = document.createElement("li");
        none.setAttribute("role", "presentation");
        none.className = "combo-group";
        none.textContent = "没有符合的，请换个名称或拼音首字母";
        list.appendChild(none);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      active = -1;
      mark(typed && options.length ? 0 : -1);
      status.textContent = options.length ? "有 " + options.length + " 项可选" : "没有符合的";
    }

    function ask(text) {
      var mine = ++wanted;
      waiting = true;
      source(text, function (found) {
        if (mine !== wanted) {
          return;
        }
        waiting = false;
        if (!found) {
          late = false;
          return; // the network failed: what was typed stays
        }
        if (late && found.length === 1) {
          options = found;
          choose(0);
        } else if (document.activeElement === input) {
          show(found);
        }
        late = false;
      });
    }

    function choose(index) {
      wanted++;
      if (options[index]) {
        input.value = options[index].label;
        take(options[index]);
      }
      close();
    }

    input.addEventListener("input", function () {
      typed = true;
      late = false;
      ask(input.value.trim());
    });
    input.addEventListener("focus", function () {
      input.select();
    });
    input.addEventListener("click", function () {
      if (list.hidden) {
        ask("");
      }
    });
    input.addEventListener("keydown", function (event) {
      if (event.isComposing) {
        return;
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) {
          ask("");
        } else if (options.length) {
          mark((active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
        }
      } else if (event.key === "Enter" && typed && waiting) {
        event.preventDefault();
        late = true;
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        choose(active);
      } else if (event.key === "Tab" && !list.hidden && typed && active >= 0) {
        choose(active);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        input.value = chosen();
        close();
      }
    });
    input.addEventListener("blur", function () {
      if (typed && waiting && input.value) {
        late = true;
      } else if (typed && !list.hidden && options.length === 1 && input.value) {
        choose(0);
      } else {
        wanted++;
      }
      if (!list.hidden) {
        close();
      }
      if (chosen() !== null) {
        input.value = chosen();
      }
    });
    // The pointer must not take the focus away before the click arrives.
    list.addEventListener("mousedown", function (event) {
      event.preventDefault();
    });
    list.addEventListener("click", function (event) {
      var item = event.target.closest("[role=option]");
      if (item) {
        choose(Number(item.getAttribute("data-index")));
      }
    });
  }

  /* What a field is called: by its label, or by the legend of the group that it makes. */
  function nameOf(id) {
    var label = document.querySelector('label[for="' + id + '"]');
    var own = document.getElementById(id);
    label = label || (own && own.closest("fieldset") && own.closest("fieldset").querySelector("legend"));
    return label ? label.textContent.trim() : "";
  }

  function fire(element, name) {
    element.dispatchEvent(new Event(name, { bubbles: true }));
  }

  function labelOf(select) {
    var option = select.options[select.selectedIndex];
    return option && option.value ? option.textContent.trim() : "";
  }

  /* The words of a select that takes several: a press takes one back. */
  function wordsOf(select) {
    var words = document.createElement("ul");
    words.className = "combo-words";
    function write() {
      words.textContent = "";
      Array.prototype.forEach.call(select.options, function (option) {
        if (!option.selected || !option.value) {
          return;
        }
        var item = document.createElement("li");
        var button = document.createElement("button");
        button.type = "button";
        button.textContent = option.textContent.trim() + " ×";
        button.setAttribute("aria-label", "去掉 " + option.textContent.trim());
        button.addEventListener("click", function () {
          option.selected = false;
          fire(select, "change");
        });
        item.appendChild(button);
        words.appendChild(item);
      });
    }
    select.addEventListener("change", write);
    write();
    return words;
  }

  function overSelect(select) {
    if (select.hasAttribute("data-combobox-ready")) {
      return;
    }
    select.setAttribute("data-combobox-ready", "");
    var input = document.createElement("input");
    var label = document.querySelector('label[for="' + select.id + '"]');
    input.type = "text";
    input.id = select.id + "_text";
    input.className = select.className.replace("form-select", "form-control") + " combo-select";
    input.autocomplete = "off";
    input.placeholder = select.getAttribute("data-placeholder") || "名称或拼音";
    ["aria-describedby", "aria-invalid"].forEach(function (name) {
      if (select.hasAttribute(name)) {
        input.setAttribute(name, select.getAttribute(name));
      }
    });
    if (label) {
      label.setAttribute("for", input.id);
    } else {
      input.setAttribute("aria-label", nameOf(select.id) || "选项");
    }
    select.parentNode.insertBefore(input, select);
    if (select.multiple) {
      select.parentNode.insertBefore(wordsOf(select), input);
    }
    select.hidden = true;
    function shownLabel() {
      return select.multiple ? "" : labelOf(select);
    }
    input.value = shownLabel();
    select.addEventListener("change", function () {
      input.value = shownLabel();
    });
    Combobox(
      input,
      function (text, done) {
        var words = text.toLowerCase().split(/\s+/).filter(Boolean);
        done(
          optionsOf(select).filter(function (option) {
            return !(select.multiple && option.selected) && matches(option, words);
          })
        );
      },
      shownLabel,
      function (option) {
        if (select.multiple) {
          select.options[option.index].selected = true;
        } else {
          select.value = option.value;
        }
        fire(select, "change");
      }
    );
    begin(input, select);
  }

  /* Where the page begins with this choice, one types at once. */
  function begin(input, before) {
    if (before.autofocus || document.activeElement === before) {
      before.autofocus = false;
      input.focus();
    }
  }

  function overServer(input) {
    if (input.hasAttribute("data-combobox-ready")) {
      return;
    }
    input.setAttribute("data-combobox-ready", "");
    var focused = document.activeElement === input || input.autofocus;
    var hidden = document.getElementById(input.getAttribute("data-combobox-value"));
    var url = input.getAttribute("data-combobox-url");
    var timer;
    var plain = !hidden && !input.hasAttribute("data-combobox-words");
    if (hidden) {
      input.addEventListener("input", function () {
        hidden.value = ""; // until one is taken; the server also finds a place by its words
        if (!input.value) {
          fire(hidden, "change");
        }
      });
    }
    Combobox(
      input,
      function (text, done) {
        clearTimeout(timer);
        timer = setTimeout(
          function () {
            var request = new XMLHttpRequest();
            request.open("GET", url + (url.indexOf("?") < 0 ? "?q=" : "&q=") + encodeURIComponent(text));
            request.onload = function () {
              done(request.status === 200 ? JSON.parse(request.responseText).results : null);
            };
            request.onerror = function () {
              done(window.portalNear ? window.portalNear(input, text) : null); // what this phone knows by itself
            };
            request.send();
          },
          text ? 150 : 0
        );
      },
      function () {
        return null; // what was typed stays
      },
      function (option) {
        if (hidden) {
          hidden.value = option.value;
        }
        if (plain) {
          input.value = option.value;
        }
        fire(hidden || input, "change");
      }
    );
    if (focused) {
      input.focus();
    }
  }

  function enhance(root) {
    Array.prototype.forEach.call(root.querySelectorAll("select[data-combobox]"), overSelect);
    Array.prototype.forEach.call(root.querySelectorAll("input[data-combobox-url]"), overServer);
  }
  enhance(document);
  document.addEventListener("htmx:afterSettle", function () {
    enhance(document);
  });
})();
