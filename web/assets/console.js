// Keeps a page up to date: the server says when something has changed, and the page is fetched again.
// Without this script, or when it is frozen, the page is as it was when it was loaded.
'use strict';
const script = document.currentScript;
const freeze = document.getElementById('freeze');
let frozen = false;

// Nothing is replaced under somebody's hands.
function busy() {
  const main = document.getElementById('main');
  const hands = document.activeElement;
  return main.querySelector('details[open], .notice') !== null
    || hands !== freeze && main.contains(hands) && hands.matches('input, select, button, a');
}

async function refresh() {
  if (frozen || busy()) return;
  const answer = await fetch(location.href, { credentials: 'same-origin', headers: { 'x-birdcall-live': '1' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (!fresh || frozen || busy()) return;
  const title = document.querySelector('#main > .title');
  fresh.querySelector('.title').replaceWith(title);
  document.getElementById('main').replaceChildren(...fresh.childNodes);
}

freeze.hidden = false;
freeze.addEventListener('click', () => {
  frozen = !frozen;
  freeze.setAttribute('aria-pressed', String(frozen));
  freeze.textContent = frozen ? 'Frozen' : 'Freeze';
  refresh();
});

// A browser opens few connections to one server, and a page that was left may keep its own.
let live;
function listen() {
  live = new EventSource(script.dataset.live);
  live.addEventListener('changed', refresh);
}
addEventListener('pagehide', () => live.close());
addEventListener('pageshow', (event) => { if (event.persisted) { listen(); refresh(); } });
listen();
