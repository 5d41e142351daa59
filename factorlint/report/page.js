
"use strict";
// Everything is on the page already; this hides what the filters leave out and keeps the filters in the address.
(() => {
  const form = document.getElementById("filters");
  const names = ["q", "factor", "owner", "severity", "framework", "show"];
  const exact = ["factor", "owner", "severity", "framework"];
  const sites = Array.from(document.querySelectorAll("article.site"));
  const texts = sites.map((one) => one.textContent.toLowerCase());
  const count = document.getElementById("count");
  let file = "";
  const value = (name) => document.getElementById(name).value;
  const set = (name, wanted) => {
    const field = document.getElementById(name);
    field.value = wanted;
    if (field.value !== wanted) field.value = "";
  };
  const kindShown = (kind) => {
    const show = value("show");
    if (kind === "finding" || show === "all") return true;
    const owned = show === "owned" || ["code", "shared"].includes(value("owner"));
    return kind === "evidence" && owned;
  };
  const apply = () => {
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    sites.forEach((one, at) => {
      const fits = kindShown(one.dataset.kind)
        && exact.every((name) => !value(name) || one.dataset[name] === value(name))
        && (!file || one.dataset.file === file)
        && words.every((word) => texts[at].includes(word));
      one.hidden = !fits;
      if (fits) shown += 1;
    });
    count.textContent = `${shown} of ${sites.length} sites shown${file ? `, in ${file}` : ""}`;
  };
  const clear = () => { names.forEach((name) => set(name, "")); file = ""; };
  const address = () => {
    const told = new URLSearchParams();
    names.forEach((name) => { if (value(name)) told.set(name, value(name)); });
    if (file) told.set("file", file);
    const hash = told.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };
  const follow = (first) => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("s-")) {
      const one = document.getElementById(hash);
      if (first) apply();
      if (one && one.hidden) { clear(); set("show", "all"); apply(); }
      if (one) { one.scrollIntoView(); one.focus({ preventScroll: true }); }
      return;
    }
    if (hash && !hash.includes("=")) { if (first) apply(); return; }
    const told = new URLSearchParams(hash);
    clear();
    names.forEach((name) => set(name, told.get(name) || ""));
    file = told.get("file") || "";
    apply();
    if (hash && !first) document.getElementById("findings").scrollIntoView();
  };
  form.addEventListener("input", () => { apply(); address(); });
  form.addEventListener("reset", (event) => { event.preventDefault(); clear(); apply(); address(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      document.getElementById("q").focus();
    }
  });
  // A printed page shows what the filters show; replaceState fires no hashchange, so this hears the reader alone.
  window.addEventListener("hashchange", () => follow(false));
  form.hidden = false;
  follow(true);
})();
