// The page's own check of its trace record. Nothing the server says is believed but the log's
// public key below, which is pinned in this script (or typed by the reader), never taken from the
// proof. Rules: C2SP signed-note and tlog-checkpoint, RFC 9162 section 2.1.3, RFC 8032.

const CONFIG = {}; // {vkey, lang, say, steps}: written here by the server

export class Refusal extends Error {
  constructor(code, values = {}) {
    super(code);
    Object.assign(this, { code, values });
  }
}
const need = (truth, code, values) => {
  if (!truth) throw new Refusal(code, values);
};

// ---- bytes -------------------------------------------------------------------------------

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => hex(a) === hex(b);
const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const base64 = (text, code = "format") => {
  try {
    const raw = atob(text);
    need(btoa(raw) === text, code);
    return Uint8Array.from(raw, (c) => c.charCodeAt(0));
  } catch {
    throw new Refusal(code);
  }
};

// ---- two back ends: the browser's own, or noble.js where there is none ---------------------

const BASE_POINT = new Uint8Array(32).fill(0x66);
BASE_POINT[0] = 0x58;

export const native = async () => {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return null; // plain http on an address of the local network
  const load = (key) => subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  try {
    await load(BASE_POINT);
  } catch {
    return null; // a browser older than Ed25519 in WebCrypto
  }
  return {
    name: "WebCrypto",
    sha256: async (data) => new Uint8Array(await subtle.digest("SHA-256", data)),
    verify: async (key, signature, data) => {
      try {
        return await subtle.verify("Ed25519", await load(key), signature, data);
      } catch {
        return false;
      }
    },
  };
};
export const fallback = async () => {
  const noble = await import("./vendor/noble.js");
  return {
    name: "noble",
    sha256: async (data) => noble.sha256(data),
    verify: async (key, signature, data) => noble.verify(signature, data, key),
  };
};

// ---- the log: key, signed note, inclusion ---------------------------------------------------

export const parseVkey = async (crypto, text) => {
  const [, name, id, key] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) || [];
  need(name, "badkey");
  const bytes = base64(key, "badkey");
  need(bytes.length === 33 && bytes[0] === 1, "badkey");
  const digest = await crypto.sha256(join(utf8(name + "\n"), bytes));
  need(hex(digest.slice(0, 4)) === id, "badkey");
  return { name, id, key: bytes.slice(1) };
};

export const openNote = async (crypto, note, vkey) => {
  const { name, id, key } = await parseVkey(crypto, vkey);
  const end = note.lastIndexOf("\n\n");
  need(end > 0 && note.endsWith("\n") && !/[\0-\x09\x0b-\x1f\ufffd]/.test(note), "checkpoint");
  const lines = note.slice(end + 2, -1).split("\n");
  need(lines.length <= 100, "checkpoint"); // as Go's note package; the standard asks for 16
  let mine = null;
  for (const line of lines) {
    const [, signer, text] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) || [];
    need(signer, "checkpoint");
    const bytes = base64(text, "checkpoint");
    need(bytes.length > 4, "checkpoint");
    if (!mine && signer === name && hex(bytes.slice(0, 4)) === id) mine = bytes.slice(4);
  }
  need(mine, "key");
  const text = note.slice(0, end + 1);
  need(mine.length === 64 && (await crypto.verify(key, mine, utf8(text))), "checkpoint");
  return text;
};

const parseCheckpoint = (text, name) => {
  const [origin, size, root] = text.split("\n");
  need(origin === name && /^(0|[1-9]\d{0,14})$/.test(size), "checkpoint");
  return { origin, size: Number(size), root: base64(root, "checkpoint") };
};

export const verifyInclusion = async (crypto, index, size, leaf, proof, root) => {
  const bad = { index };
  need(Number.isSafeInteger(index) && index >= 0 && index < size, "proof", bad);
  need(leaf.length === 32 && root.length === 32, "proof", bad);
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    need(last > 0 && sibling.length === 32, "proof", bad);
    if (at % 2 || at === last) {
      hash = await crypto.sha256(join([1], sibling, hash));
      while (at && at % 2 === 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else hash = await crypto.sha256(join([1], hash, sibling));
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  need(last === 0 && same(hash, root), "proof", bad);
};

// ---- the record: keys, statements, events ---------------------------------------------------

// A stored statement is RFC 8785 text, so its signed part is a slice of it, byte for byte.
const ENTRY = /^\{"signature":"([A-Za-z0-9+/]{86}==)","statement":(\{[^]*\})\}$/;

const openEntry = async (crypto, checkpoint, { index, entry, proof }) => {
  const leaf = await crypto.sha256(join([0], utf8(entry)));
  const path = proof.map((node) => base64(node, "proof"));
  await verifyInclusion(crypto, index, checkpoint.size, leaf, path, checkpoint.root);
  const [, signature, text] = ENTRY.exec(entry) || [];
  need(text, "entry", { index });
  const statement = JSON.parse(text);
  need(statement.v === 1 && statement.origin === checkpoint.origin, "entry", { index });
  const signed = utf8("agridata/statement/v1\n" + text);
  return {
    index,
    statement,
    by: async (key) => {
      const fine = key && key.organisation === statement.issuer && (key.index < index || !index);
      need(fine && (await crypto.verify(key.key, base64(signature), signed)), "entry", { index });
    },
  };
};

const openKeys = async (crypto, checkpoint, rows) => {
  const keys = new Map();
  let registrar;
  for (const row of [...rows].sort((a, b) => a.index - b.index)) {
    const opened = await openEntry(crypto, checkpoint, row);
    const { type, issuer, issuer_kid, claims } = opened.statement;
    const { organisation, kid } = claims;
    const made = { organisation, index: row.index, key: base64(claims.public_key) };
    need(type === "key-add" && !keys.has(kid), "entry", row);
    need(kid === hex(await crypto.sha256(made.key)).slice(0, 16), "entry", row);
    registrar = registrar || organisation;
    need(issuer === registrar && (keys.size > 0 || row.index === 0), "entry", row);
    await opened.by(keys.size ? keys.get(issuer_kid) : made);
    keys.set(kid, made);
  }
  return keys;
};

const LOT = /\/01\/(\d{14})\/(?:22\/[^"\\/?#]+\/)?10\/([^"\\/?#]+)/g;
const ITEM = /\/01\/\d{14}(?:\/(?:22|10|21)\/[^"\\/?#]+)+/g;
const lotsIn = (text) => Array.from(text.matchAll(LOT), (m) => `${m[1]}/${decodeURIComponent(m[2])}`);
const itemsIn = (text) => [...lotsIn(text), ...(text.match(ITEM) || [])];

// Every event must be connected, through the items it names, with the lot asked for.
const connected = ({ gtin, lot }, rows) => {
  const reached = new Set([`${gtin}/${lot}`]);
  let left = [...rows];
  for (let before = 0; left.length && before !== left.length; ) {
    before = left.length;
    left = left.filter(({ event }) => {
      const items = itemsIn(event);
      if (!items.some((one) => reached.has(one))) return true;
      items.forEach((one) => reached.add(one));
      return false;
    });
  }
  need(!left.length, "lot");
};

export const verifyBundle = async (crypto, bundle, vkey) => {
  try {
    const { name } = await parseVkey(crypto, vkey);
    need(bundle.format === "agridata-proof-bundle/1", "format");
    const checkpoint = parseCheckpoint(await openNote(crypto, bundle.checkpoint, vkey), name);
    const keys = await openKeys(crypto, checkpoint, bundle.keys);
    const events = new Map();
    for (const row of bundle.events) {
      const opened = await openEntry(crypto, checkpoint, row);
      const { type, issuer_kid, claims } = opened.statement;
      need(type === "epcis-event" && !events.has(row.index), "entry", row);
      await opened.by(keys.get(issuer_kid));
      const digest = hex(await crypto.sha256(utf8(row.event)));
      need(digest === claims.event_sha256, "event", row);
      const { issuer } = opened.statement;
      events.set(row.index, { index: row.index, issuer, event: JSON.parse(row.event) });
    }
    need(events.size, "empty");
    connected(bundle.about, bundle.events);
    return { checkpoint, events, about: bundle.about };
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("format");
  }
};

// ---- the page: does it show what was verified? ----------------------------------------------

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const number = (value, lang) => {
  const [whole, part] = String(value).split(".");
  const [group, point] = lang === "vi" ? [".", ","] : [",", "."];
  return whole.replace(/\B(?=(\d{3})+$)/g, group) + (part ? point + part : "");
};
const day = (text, lang) => {
  const [y, m, d] = text.split("-");
  return lang === "vi" ? `${d}/${m}/${y}` : `${+d} ${MONTHS[m - 1]} ${y}`;
};
const time = (value, lang) => {
  const local = new Date(Date.parse(value) + 7 * 36e5).toISOString(); // UTC+7, as on the page
  return day(local.slice(0, 10), lang) + (lang === "vi" ? " " : ", ") + local.slice(11, 16);
};
const at = (event, path) => path.split(".").reduce((value, key) => value?.[key], event);
const UNITS = { KGM: "kg" };

// [raw value, visible text] that the page must show for one field of a verified event
export const shown = (event, path, lang) => {
  const value = at(event, path);
  need(value !== undefined && value !== null, "page", { field: path });
  const raw = [].concat(value).join(", ");
  const name = path.split(".").pop();
  if (name === "eventTime") return [raw, time(value, lang)];
  if (name === "bizStep") {
    const harvest = event.action === "ADD" && event["agd:parcel"];
    return [raw, CONFIG.steps[harvest ? "harvest" : raw] || raw];
  }
  if (name.endsWith("Date")) return [raw, day(raw, lang)];
  if (name === "agd:simulated") return [raw, CONFIG.say[value ? "simulated" : "recorded"]];
  if (name === "id") return [raw, decodeURIComponent(raw.split("/").pop())];
  if (name === "quantity" || name === "value") {
    const unit = at(event, path.replace(/\w+$/, "uom"));
    return [raw, `${number(value, lang)} ${unit === "HAR" ? "ha" : UNITS[unit] || unit}`];
  }
  if (name === "epcClass") return [raw, lotsIn(raw)[0]?.slice(15) ?? raw];
  return [raw, raw];
};

const clean = (text) => text.normalize("NFC").replace(/\s+/g, " ").trim();

export const comparePage = (root, { events, about }, lang, path = "") => {
  const { gtin, lot } = root.dataset;
  need(gtin === about.gtin && lot === about.lot, "lot");
  const [, ofUrl, lotOfUrl] = /^\/01\/(\d+)\/(?:22\/[^/]+\/)?10\/([^/]+)/.exec(path) || [];
  if (ofUrl) {
    need(ofUrl.padStart(14, "0") === gtin && decodeURIComponent(lotOfUrl) === lot, "lot");
  }
  const told = new Set();
  let waiting = 0;
  for (const box of root.querySelectorAll("[data-event-index]")) {
    const { eventIndex, issuer } = box.dataset;
    const found = events.get(Number(eventIndex || NaN));
    if (eventIndex) need(found, "missing");
    else waiting += 1;
    if (issuer && found) {
      need(issuer === found.issuer, "page", { index: found.index, field: "issuer" });
    }
  }
  for (const place of root.querySelectorAll("[data-field]")) {
    const box = place.closest("[data-event-index]");
    need(box, "missing");
    if (!box.dataset.eventIndex) continue;
    const index = Number(box.dataset.eventIndex);
    const { field, raw } = place.dataset;
    const [wanted, text] = shown(events.get(index).event, field, lang);
    need(raw === wanted && clean(place.textContent) === clean(text), "page", { index, field });
    told.add(`${index} ${field}`);
  }
  for (const [index, { event }] of events) {
    for (const field of ["eventTime", "bizStep", "agd:simulated"]) {
      need(event[field] === undefined || told.has(`${index} ${field}`), "hidden", { index, field });
    }
  }
  return waiting;
};

// ---- what the reader sees ----------------------------------------------------------------------

const memory = (key, value) => {
  try {
    if (value === undefined) return localStorage.getItem(key);
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // private browsing: nothing is remembered
  }
  return null;
};

// A log only grows. Fewer entries than last time: a warning; another root at the same size: refused.
const remember = ({ origin, size, root }) => {
  const key = `agridata-seen ${origin}`;
  const [before, rootBefore] = (memory(key) || "0 ").split(" ");
  need(size !== Number(before) || hex(root) === rootBefore, "fork", { size });
  if (size < Number(before)) return { code: "smaller", values: { size, before } };
  memory(key, `${size} ${hex(root)}`);
  return null;
};

const fetchBundle = async () => {
  let answer;
  try {
    answer = await fetch(`${location.pathname}?format=proof`, { cache: "no-cache" });
  } catch {
    throw new Refusal("network");
  }
  need(answer.status !== 409, "selfcheck");
  need(answer.status !== 404, "empty");
  need(answer.ok, "server", { status: answer.status });
  try {
    return await answer.json();
  } catch {
    throw new Refusal("format");
  }
};

const check = async (root, lang) => {
  const vkey = memory("agridata-vkey") || CONFIG.vkey;
  need(vkey, "nokey");
  const bundle = await fetchBundle();
  const crypto = (await native()) || (await fallback().catch(() => null));
  need(crypto, "network");
  const verified = await verifyBundle(crypto, bundle, vkey);
  const waiting = comparePage(root, verified, lang, location.pathname);
  const values = { events: verified.events.size, size: verified.checkpoint.size };
  let warning = remember(verified.checkpoint);
  if (waiting) warning = { code: "waiting", values: { waiting } };
  if (warning) return { state: "warn", ...warning };
  return { state: root.dataset.status === "active" ? "ok" : "warn", code: "ok", values };
};

const UNKNOWN = ["network", "server", "nokey", "badkey", "empty"];
const run = async (root) => {
  const { lang, say } = CONFIG;
  const show = ({ state, code, values = {} }) => {
    const box = document.getElementById("verdict");
    box.dataset.state = state;
    box.dataset.code = code;
    document.getElementById("verdict-word").textContent = say[`word_${state}`];
    document.getElementById("verdict-text").textContent = say[code].replace(
      /\{(\w+)\}/g,
      (_, name) => (Number.isFinite(values[name]) ? number(values[name], lang) : values[name] ?? "?"),
    );
  };
  show({ state: "running", code: "running" });
  try {
    show(await check(root, lang));
  } catch (error) {
    const { code, values } = error instanceof Refusal ? error : new Refusal("format");
    show({ state: UNKNOWN.includes(code) ? "unknown" : "bad", code, values });
  }
};

const start = () => {
  const root = document.getElementById("trace");
  if (!root?.dataset.lot) return;
  const form = document.getElementById("key-form");
  if (form) {
    form.hidden = false;
    form.elements.vkey.value = memory("agridata-vkey") || "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      memory("agridata-vkey", form.elements.vkey.value.trim());
      run(root);
    });
  }
  run(root);
};
start();
