/* Photos and documents: made smaller (uploads-shrink.js), sent one by one with their progress.
     form[data-upload]      on the page of what they belong to: what is chosen is sent at once
     input[data-photos]     on the entry page: the report is sent first, its photos after it
   Without this script both are ordinary forms. A file that did not arrive is sent again under the
   same key, which the server stores once. Plain script, browsers from 2018 on. */
(function () {
  "use strict";
  var LOST = "网络不通，没有传完";
  var busy = 0;

  function each(list, action) {
    Array.prototype.forEach.call(list, action);
  }

  window.addEventListener("beforeunload", function (event) {
    if (busy) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  /* --- Sending -------------------------------------------------------------------------------- */

  function newKey() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map
      .call(bytes, function (byte) {
        return ("0" + byte.toString(16)).slice(-2);
      })
      .join("");
  }

  function reasonOf(request) {
    if (request.status === 413) {
      return "文件过大，没有接收";
    }
    try {
      var answer = JSON.parse(request.responseText);
      return answer.results.length ? (answer.results[0].error || "").replace(/。$/, "") : "没有收到文件，请重新选择";
    } catch (error) {
      if (request.status === 200) {
        return "登录已过期，请重新登录后再传";
      }
      return request.status === 403 || request.status === 404 ? "这里现在不能添加附件" : "没有成功，请稍后再传";
    }
  }

  // done(reason, again): "" when stored; again: trying once more may help.
  function send(url, item, values, done) {
    var data = new FormData();
    Object.keys(values).forEach(function (name) {
      data.append(name, values[name]);
    });
    data.append("upload_key", item.key);
    data.append("file", item.blob, item.file.name);
    var request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = function (event) {
      if (event.lengthComputable) {
        item.bar.value = event.loaded / event.total;
      }
    };
    request.onload = function () {
      done(reasonOf(request), request.status >= 500);
    };
    request.onerror = request.ontimeout = function () {
      done(LOST, true);
    };
    request.timeout = 300000;
    request.send(data);
  }

  /* --- The list of what is chosen -------------------------------------------------------------- */

  function size(bytes) {
    return bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " KB" : (bytes / 1048576).toFixed(1) + " MB";
  }

  function button(text, name, action) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-quiet btn-sm";
    made.textContent = text;
    made.setAttribute("aria-label", text + " " + name);
    made.addEventListener("click", action);
    return made;
  }

  function add(list, file) {
    var item = { file: file, blob: file, key: newKey(), line: document.createElement("li") };
    item.name = document.createElement("span");
    item.name.className = "upload-name";
    item.name.textContent = file.name;
    item.word = document.createElement("span");
    item.word.className = "upload-word";
    item.word.textContent = size(file.size);
    item.bar = document.createElement("progress");
    item.bar.max = 1;
    item.bar.value = 0;
    item.bar.hidden = true;
    item.bar.setAttribute("aria-label", "上传 " + file.name);
    item.tools = document.createElement("span");
    [item.name, item.word, item.bar, item.tools].forEach(function (part) {
      item.line.appendChild(part);
    });
    list.appendChild(item.line);
    return item;
  }

  function tell(item, reason) {
    item.bar.hidden = true;
    item.line.className = reason ? "is-refused" : "is-stored";
    item.word.textContent = reason ? "没有保存：" + reason + "。" : "已保存";
  }

  // Sends the items one after another; finished(stored, again): how many, and which may be tried again.
  function sendAll(url, items, values, most, finished) {
    var stored = 0;
    var again = [];
    busy += 1;
    function next(index) {
      if (index >= items.length) {
        busy -= 1;
        finished(stored, again);
        return;
      }
      var item = items[index];
      item.tools.textContent = "";
      item.line.className = "";
      item.word.textContent = "正在压缩…";
      window.portalShrink(item.file, function (blob) {
        item.blob = blob;
        if (blob.size > most) {
          tell(item, "超过 " + size(most) + "，请缩小后再传");
          next(index + 1);
          return;
        }
        item.word.textContent = size(blob.size);
        item.bar.hidden = false;
        send(url, item, values, function (reason, retry) {
          tell(item, reason);
          stored += reason ? 0 : 1;
          if (reason && retry) {
            again.push(item);
          }
          next(index + 1);
        });
      });
    }
    next(0);
  }

  /* --- On the page of what they belong to -------------------------------------------------------- */

  function values(form) {
    var found = { csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value };
    var stage = form.querySelector('input[name="stage"]:checked');
    if (stage) {
      found.stage = stage.value;
    }
    if (form.elements.has_personal && form.elements.has_personal.checked) {
      found.has_personal = "on";
    }
    return found;
  }

  // The section anew, with what was not stored still named in it.
  function refresh(section, url) {
    var request = new XMLHttpRequest();
    request.open("GET", url);
    request.setRequestHeader("HX-Request", "true");
    request.onload = function () {
      var fresh = request.status === 200 && new DOMParser().parseFromString(request.responseText, "text/html").getElementById("attachments");
      if (!fresh) {
        return;
      }
      var refused = section.querySelectorAll("[data-uploads] .is-refused");
      section.parentNode.replaceChild(fresh, section);
      var list = fresh.querySelector("[data-uploads]");
      each(refused, function (line) {
        if (list) {
          list.appendChild(line);
          fresh.querySelector("details.attach").open = true;
        }
      });
      start(fresh);
    };
    request.send();
  }

  function panel(form) {
    var url = form.getAttribute("action");
    var most = Number(form.getAttribute("data-max-bytes"));
    var list = form.querySelector("[data-uploads]");
    var queue = [];
    var running = false;

    function run() {
      var items = queue.splice(0);
      running = true;
      sendAll(url, items, values(form), most, function (stored, again) {
        running = false;
        again.forEach(function (item) {
          item.tools.appendChild(
            button("重试", item.file.name, function () {
              queue.push(item);
              if (!running) {
                run();
              }
            })
          );
        });
        if (queue.length) {
          run();
        } else if (stored) {
          refresh(document.getElementById("attachments"), url);
        }
      });
    }

    form.classList.add("is-scripted");
    form.addEventListener("change", function (event) {
      if (event.target.type !== "file") {
        return;
      }
      each(event.target.files, function (file) {
        queue.push(add(list, file));
      });
      event.target.value = "";
      if (!running && queue.length) {
        run();
      }
    });
  }

  /* --- On the entry page ---------------------------------------------------------------------------- */

  function hidden(form, name, value) {
    var field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.appendChild(field);
  }

  function entry(input) {
    var form = input.form;
    var box = input.closest(".photo-field");
    var list = box.querySelector("[data-uploads]");
    var most = Number(box.getAttribute("data-max-bytes"));
    var chosen = [];
    var sending = false;

    function show() {
      box.classList.toggle("has-photos", chosen.length > 0);
    }

    function drop(item) {
      chosen.splice(chosen.indexOf(item), 1);
      item.line.remove();
      show();
    }

    function waits(resting) {
      sending = resting;
      form.classList.toggle("is-sending", resting);
    }

    // The report is stored: only its photos can be wanting now.
    function photos(answer, items) {
      form.classList.add("is-reported");
      sendAll(answer.attachments, items, Object.assign(values(form), { stage: "before" }), most, function (stored, again) {
        waits(false);
        if (items.every(function (item) { return item.line.className === "is-stored"; })) {
          location.href = answer.onward;
          return;
        }
        var note = document.createElement("p");
        note.className = "warn";
        note.setAttribute("role", "alert");
        note.textContent = "事件 " + answer.number + " 已上报，上面标明的照片没有保存。";
        var on = document.createElement("a");
        on.className = "btn btn-primary";
        on.href = answer.onward;
        on.textContent = "不传了，继续";
        var row = document.createElement("p");
        row.appendChild(on);
        if (again.length) {
          row.appendChild(
            button("重传没有传完的", "", function () {
              note.remove();
              row.remove();
              photos(answer, again);
            })
          );
        }
        box.appendChild(note);
        box.appendChild(row);
        on.focus();
      });
    }

    // Something is wrong with the report: the server says what, in the page that comes back.
    function sendPlainly(pressed) {
      busy = 0;
      hidden(form, "photos_chosen", chosen.length);
      if (pressed && pressed.name) {
        hidden(form, pressed.name, pressed.value);
      }
      HTMLFormElement.prototype.submit.call(form);
    }

    function report(pressed) {
      var data = new FormData(form);
      if (pressed && pressed.name) {
        data.append(pressed.name, pressed.value);
      }
      var request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.onload = function () {
        var answer = null;
        try {
          answer = request.status === 200 && JSON.parse(request.responseText);
        } catch (error) {
          answer = null;
        }
        if (answer) {
          photos(answer, chosen);
        } else {
          sendPlainly(pressed);
        }
      };
      request.onerror = function () {
        waits(false);
        window.portal.say("网络不通，还没有上报，请稍后再试。已填内容和照片仍在页面上。");
      };
      request.send(data);
    }

    form.classList.add("is-scripted");
    input.addEventListener("change", function () {
      each(input.files, function (file) {
        var item = add(list, file);
        item.tools.appendChild(
          button("去掉", file.name, function () {
            drop(item);
          })
        );
        chosen.push(item);
      });
      input.value = "";
      show();
    });
    var pressed = null;
    form.addEventListener("click", function (event) {
      pressed = event.target.closest("button:not([type=button])") || pressed;
    });
    form.addEventListener("submit", function (event) {
      if (!chosen.length && !sending) {
        return; // an ordinary report
      }
      event.preventDefault();
      if (!sending) {
        waits(true);
        report(event.submitter || pressed);
      }
    });
  }

  function start(root) {
    each(root.querySelectorAll("form[data-upload]"), panel);
    each(root.querySelectorAll("input[data-photos]"), entry);
  }
  start(document);
  // For field-entry.js, where the browser cannot keep a queue.
  window.portalUploads = start;
})();
