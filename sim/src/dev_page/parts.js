'use strict';
const $ = id => document.getElementById(id);
const LONG = 280;

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

// A post's address leads to the simulated X on this page. The real X does not know the post.
function inTrial(url) {
  const post = /^https:\/\/x\.com\/[^/]+\/status\/(\d+)$/.exec(url);
  return post ? '#post-' + post[1] : null;
}

// Builds links as elements, so that a text never becomes markup.
function linkify(parent, text) {
  const pattern = /https?:\/\/[^\s<>"']+/g;
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const url = match[0].replace(/[.,;:!?)\]]+$/, '');
    parent.append(text.slice(done, match.index));
    const link = element('a', '', url);
    link.href = inTrial(url) || url;
    if (!inTrial(url)) { link.target = '_blank'; link.rel = 'noopener'; }
    parent.append(link);
    done = match.index + url.length;
  }
  parent.append(text.slice(done));
}

// Shows the beginning of a long text, and the rest when it is asked for.
function paragraph(tag, text) {
  const node = element(tag, 'words');
  if (text.length <= LONG) { linkify(node, text); return node; }
  const more = element('button', 'more', 'Show all ' + text.length + ' characters');
  more.type = 'button';
  node.append(text.slice(0, LONG) + '… ', more);
  more.addEventListener('click', () => { node.textContent = ''; linkify(node, text); });
  return node;
}

// Keeps the nodes that did not change, so that screen readers announce only new ones, and what is
// open stays open.
function sync(list, items, key, render) {
  const known = new Map([...list.children].map(node => [node.dataset.key, node]));
  items.forEach((item, index) => {
    const id = key(item);
    const print = JSON.stringify(item);
    let node = known.get(id);
    if (!node || node.dataset.print !== print) {
      const fresh = render(item);
      fresh.dataset.key = id;
      fresh.dataset.print = print;
      if (node) {
        const open = node.querySelector('details[open]');
        const details = fresh.querySelector('details');
        if (open && details) details.open = true;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    known.delete(id);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  known.forEach(node => node.remove());
}

const TICKS = {
  accepted: ['✓', 'accepted'], queued: ['✓', 'queued'], sent: ['✓', 'sent'],
  delivered: ['✓✓', 'delivered'], undelivered: ['!', 'not delivered'], failed: ['!', 'failed'],
};

function bubble(message) {
  const inbound = message.direction === 'inbound';
  const node = element('li', 'bubble ' + (inbound ? 'in' : 'out'));
  node.dataset.sid = message.sid;
  node.dataset.status = message.status;
  node.append(element('span', 'hidden-words', inbound ? 'You: ' : 'Birdcall: '), paragraph('span', message.body));
  for (const media of message.media) node.append(element('span', 'tick', '[' + media.content_type + ']'));
  const tick = TICKS[message.status];
  if (!inbound && tick) {
    const mark = element('span', 'tick' + (tick[0] === '!' ? ' bad' : ''), tick[0]);
    const reason = tick[1] + (message.error_code ? ' (' + message.error_code + ')' : '');
    mark.title = reason;
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', reason);
    node.append(mark);
  }
  return node;
}

function clock(moment) {
  const time = element('time', 'quiet', new Date(moment).toLocaleTimeString());
  time.dateTime = new Date(moment).toISOString();
  return time;
}

function post(item) {
  const node = element('li', 'post' + (item.deleted ? ' deleted' : ''));
  node.id = 'post-' + item.id;
  node.tabIndex = -1;
  const head = element('div', 'row');
  head.append(element('b', '', '@' + item.username), clock(item.created_at));
  node.append(head, paragraph('p', item.text));
  if (item.media_ids.length) node.append(element('span', 'quiet', item.media_ids.length + ' media'));
  if (item.deleted) node.append(element('span', 'quiet', 'deleted'));
  return node;
}
