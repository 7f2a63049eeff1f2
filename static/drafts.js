// Keeps what is typed into a form of a case, so that a closed browser loses nothing.
(() => {
  const PAUSE = 800;
  const PATIENCE = 3000;

  const keep = (form) => {
    const said = form.querySelector("[data-draft-said]");
    let stamp = form.dataset.stamp;
    let timer = 0;
    let running = null;
    let ended = false;

    const say = (words) => { said.textContent = words; };

    const save = async () => {
      window.clearTimeout(timer);
      timer = 0;
      const typed = new FormData(form);
      typed.set("stamp", stamp);
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "POST", body: new URLSearchParams(typed), keepalive: true, redirect: "error",
        });
        if (answer.ok || answer.status === 409 || answer.status === 422) {
          const told = await answer.json();
          if (answer.ok) stamp = told.stamp;
          if (answer.status === 409) ended = true;
          say(told.said);
        } else {
          say("Der Entwurf ist nicht gesichert.");
        }
      } catch {
        say("Der Entwurf ist nicht gesichert.");
      }
    };

    // One after the other: each save needs the stamp of the one before.
    const saveNext = () => {
      const mine = (running || Promise.resolve()).then(() => ended || save()).then(() => {
        if (running === mine) running = null;
      });
      running = mine;
    };

    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      if (!ended) timer = window.setTimeout(saveNext, PAUSE);
    });
    // Also when the page is hidden for good: the request outlives it.
    document.addEventListener("visibilitychange", () => {
      if (timer && document.visibilityState === "hidden") saveNext();
    });
    window.addEventListener("pagehide", () => { if (timer) saveNext(); });
    // What is sent is no draft; a save on its way must not come after it.
    form.addEventListener("submit", async (event) => {
      window.clearTimeout(timer);
      timer = 0;
      if (!running || ended) return;
      event.preventDefault();
      await Promise.race([running, new Promise((resolve) => { window.setTimeout(resolve, PATIENCE); })]);
      ended = true;
      form.requestSubmit(event.submitter);
    });
  };

  document.querySelectorAll("form[data-draft]").forEach(keep);
})();
