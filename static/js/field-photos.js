/* The photos of a report that waits on the phone: window.portalPhotos(form, changed) → {items, fill(items)}.
   Chosen ones are made smaller (uploads-shrink.js) and held as bytes, which every browser can store. */
(function () {
  "use strict";

  function size(bytes) {
    return bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " KB" : (bytes / 1048576).toFixed(1) + " MB";
  }

  function read(blob, way, done) {
    var reader = new FileReader();
    reader.onload = function () {
      done(reader.result);
    };
    reader.onerror = function () {
      done(null);
    };
    reader[way](blob);
  }

  window.portalPhotos = function (form, changed) {
    var input = form.querySelector("input[data-queue-photos]");
    var box = input.closest(".photo-field");
    var list = box.querySelector("[data-uploads]");
    var note = box.querySelector("[data-photo-note]");
    var mostBytes = Number(box.getAttribute("data-max-bytes"));
    var items = [];

    function most() {
      return Number(box.getAttribute("data-most"));
    }

    function say(text) {
      note.textContent = text;
      note.hidden = !text;
    }

    function line(item) {
      var row = document.createElement("li");
      var image = document.createElement("img");
      var name = document.createElement("span");
      var drop = document.createElement("button");
      image.className = "upload-small";
      image.alt = "";
      read(new Blob([item.bytes], { type: item.type }), "readAsDataURL", function (address) {
        image.src = address || "";
      });
      name.className = "upload-name";
      name.textContent = item.name + "　" + size(item.size);
      drop.type = "button";
      drop.className = "btn btn-quiet btn-sm";
      drop.textContent = "去掉";
      drop.setAttribute("aria-label", "去掉 " + item.name);
      drop.addEventListener("click", function () {
        items.splice(items.indexOf(item), 1);
        show();
        changed();
      });
      [image, name, drop].forEach(function (part) {
        row.appendChild(part);
      });
      return row;
    }

    function show() {
      list.textContent = "";
      items.forEach(function (item) {
        list.appendChild(line(item));
      });
      box.classList.toggle("has-photos", items.length > 0);
    }

    function take(file) {
      if (items.length >= most()) {
        say(most() ? "每件最多 " + most() + " 张，多出的没有加入。" : "现在不接收照片。");
        return Promise.resolve();
      }
      return new Promise(function (resolve) {
        window.portalShrink(file, function (blob) {
          if (blob.size > mostBytes) {
            say(file.name + " 超过 " + size(mostBytes) + "，没有加入。");
            resolve();
            return;
          }
          read(blob, "readAsArrayBuffer", function (bytes) {
            if (bytes && items.length < most()) {
              items.push({ key: window.portalStore.newKey(), name: file.name, type: blob.type || file.type, size: blob.size, bytes: bytes });
            }
            resolve();
          });
        });
      });
    }

    input.addEventListener("change", function () {
      var files = Array.prototype.slice.call(input.files);
      input.value = "";
      say(files.length ? "正在压缩…" : "");
      files
        .reduce(function (before, file) {
          return before.then(take.bind(null, file));
        }, Promise.resolve())
        .then(function () {
          if (note.textContent === "正在压缩…") {
            say("");
          }
          show();
          changed();
        });
    });
    form.classList.add("is-scripted");

    return {
      get items() {
        return items;
      },
      fill: function (found) {
        items = found.slice();
        say("");
        show();
      }
    };
  };
})();
