// Keeps a page up to date: the server says when something has changed, and the page is fetched again.
// Without this script, or when it is frozen, the page is as it was when it was loaded.
'use strict';
const script = document.currentScript;
const freeze = document.getElementById('freeze');
let frozen = false;
let stale = false;

// Nothing is replaced under somebody's hands.
function busy() {
  const main = document.getElementById('main');
  return main.querySelector('details[open], .notice') !== null
    || main.contains(document.activeElement) && document.activeElement.matches('input, select, button, a');
}

async function refresh() {
  if (frozen || busy()) { stale = true; return; }
  stale = false;
  const answer = await fetch(location.href, { credentials: 'same-origin', headers: { 'x-birdcall-live': '1' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (!fresh || frozen || busy()) { stale = true; return; }
  const title = document.querySelector('#main > .title');
  fresh.querySelector('.title').replaceWith(title);
  document.getElementById('main').replaceChildren(...fresh.childNodes);
}

freeze.hidden = false;
freeze.addEventListener('click', () => {
  frozen = !frozen;
  freeze.setAttribute('aria-pressed', String(frozen));
  freeze.textContent = frozen ? 'Frozen' : 'Freeze';
  if (!frozen && stale) { freeze.blur(); refresh(); }
});

const live = new EventSource(script.dataset.live);
live.addEventListener('changed', refresh);
