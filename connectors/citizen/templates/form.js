"use strict";
(function () {
  // The form works without this: it counts, shows the photos, makes them smaller (which also takes off where they were
  // taken), and keeps a second tap from sending twice.
  var form = document.forms[0], text = form.description, count = document.getElementById("count");
  var photo = form.photo, thumbs = document.getElementById("thumbs"), send = document.getElementById("send");
  var sending = document.getElementById("sending"), LONGEST_SIDE = 1600, MOST = 3, busy = 0, wanted = false;
  function waiting() { send.disabled = true; sending.textContent = "正在提交，请不要关闭页面…"; }
  function counted() { count.textContent = text.value.length + " / " + text.maxLength; }
  count.hidden = false; counted(); text.addEventListener("input", counted);
  function smaller(file) {
    return createImageBitmap(file, { imageOrientation: "from-image" }).then(function (image) {
      var scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(image.width * scale); canvas.height = Math.round(image.height * scale);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) {
        canvas.toBlob(function (blob) {
          done(blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file);
        }, "image/jpeg", 0.85);
      });
    }).catch(function () { return file; });
  }
  photo.addEventListener("change", function () {
    thumbs.textContent = ""; thumbs.hidden = true; busy += 1;
    Promise.all(Array.prototype.slice.call(photo.files, 0, MOST).map(smaller)).then(function (files) {
      var all = new DataTransfer();
      files.forEach(function (file, number) {
        var image = new Image();
        all.items.add(file); image.alt = "照片 " + (number + 1);
        image.onload = function () { URL.revokeObjectURL(image.src); };
        image.src = URL.createObjectURL(file); thumbs.appendChild(image);
      });
      photo.files = all.files; thumbs.hidden = !files.length;
    }).catch(function () { }).then(function () {
      busy -= 1;
      if (wanted && !busy) { wanted = false; waiting(); form.submit(); }
    });
  });
  form.addEventListener("input", function (event) {
    var wrong = document.getElementById(event.target.id + "-mistake");
    event.target.removeAttribute("aria-invalid");
    if (wrong) { wrong.hidden = true; }
  });
  form.addEventListener("submit", function (event) {
    waiting();
    if (busy) { event.preventDefault(); wanted = true; }
  });
  window.addEventListener("pageshow", function () { send.disabled = false; sending.textContent = ""; });
})();
