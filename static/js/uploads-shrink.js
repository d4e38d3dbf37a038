/* Photos are made smaller before they are sent: window.portalShrink(file, done) calls done(blob) with the
   smaller picture, or with the file itself where nothing is gained or the browser cannot do it.
   Plain script, browsers from 2018 on. */
(function () {
  "use strict";
  var SIDE = 1600; // pixels of the longer side
  var QUALITY = 0.8;
  // Two pixels lying on their side: a browser that turns them upright gives photos in the right position.
  var LYING = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AR//Z";
  var upright = null; // not known yet
  var waiting = [];
  var probe = new Image();
  probe.onload = function () {
    known(probe.naturalWidth < probe.naturalHeight);
  };
  probe.onerror = function () {
    known(false);
  };
  probe.src = LYING;

  function known(answer) {
    upright = answer;
    waiting.splice(0).forEach(function (go) {
      go();
    });
  }

  function draw(image, file, done) {
    var scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    var canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    var pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(
      function (blob) {
        done(blob && blob.size < file.size ? blob : file);
      },
      "image/jpeg",
      QUALITY
    );
  }

  function shrink(file, done) {
    if (upright === null) {
      waiting.push(shrink.bind(null, file, done));
      return;
    }
    var picture = /^image\//.test(file.type) && file.type !== "image/svg+xml";
    if (!picture || !upright || !HTMLCanvasElement.prototype.toBlob) {
      done(file);
      return;
    }
    var reader = new FileReader();
    var image = new Image();
    reader.onerror = image.onerror = function () {
      done(file);
    };
    image.onload = function () {
      try {
        draw(image, file, done);
      } catch (error) {
        done(file);
      }
    };
    reader.onload = function () {
      image.src = reader.result;
    };
    reader.readAsDataURL(file);
  }

  window.portalShrink = shrink;
})();
