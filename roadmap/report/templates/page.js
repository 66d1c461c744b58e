// One button switches the language of the whole page; #en or #zh at the end of the address does so too.
// Folded tables open for printing and close again afterwards.
(function () {
  const root = document.documentElement;
  const title = document.querySelector("title");
  const tags = { zh: "zh-CN", en: "en" };
  function speak(language) {
    root.lang = tags[language];
    document.title = title.dataset[language];
  }
  const wanted = location.hash.slice(1);
  if (wanted in tags) { speak(wanted); }
  document.getElementById("language").addEventListener("click", function () {
    speak(root.lang === tags.zh ? "en" : "zh");
  });
  let opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (folded) { folded.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (folded) { folded.open = false; });
  });
})();
