// One button switches the language of the whole page; #en or #zh at the end of the address does so too.
(function () {
  const root = document.documentElement;
  const wanted = location.hash.slice(1);
  if (wanted === "en" || wanted === "zh") { root.lang = wanted; }
  document.getElementById("language").addEventListener("click", function () {
    root.lang = root.lang === "zh" ? "en" : "zh";
  });
})();
