// What the scripts share: a browser that notes every fault, and ways to look at pages.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const [base, user, password, shots] = process.argv.slice(2);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const desk = { width: 1440, height: 900 }, phone = { width: 390, height: 844 };
export const faults = [];
let refusals = 0; // answers of status 4xx that the script provokes
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// refused says that the next answer is meant to be one of status 422.
export function refused() { refusals = 1; }

// newPage opens a window that notes every violation of the content security policy, every script error and every failed request.
export async function newPage(viewport) {
  const context = await browser.newContext({ viewport, locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (m) => {
    if (!['error', 'warning'].includes(m.type()) || /favicon/.test(m.text())) return;
    if (/status of 422/.test(m.text()) && refusals-- > 0) return;
    faults.push(`${page.url()}: ${m.text()}`);
  });
  // Resizing a window aborts its cross-fade; that is this script's doing.
  page.on('pageerror', (e) => { if (!/Viewport size changed/.test(String(e))) faults.push(`${page.url()}: ${e}`); });
  page.on('response', (r) => { if (r.status() >= 500) faults.push(`${r.url()}: ${r.status()}`); });
  return page;
}

async function axe(page, name) {
  // The page's policy refuses scripts; axe is evaluated through the debugger, which the policy does not concern.
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  for (const v of found.violations) faults.push(`axe ${name}: ${v.id} (${v.impact}) ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
}

// see looks at a page in both widths: a picture, no sideways scrolling, no accessibility finding. In a page that its policy puts into a
// sandbox nothing can be evaluated; there it only takes the pictures.
export async function see(page, name, { sandboxed = false, whole = false } = {}) {
  for (const [size, viewport] of [['desk', desk], ['phone', phone]]) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${shots}/${name}-${size}.png`, fullPage: whole });
    if (sandboxed) continue;
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (sideways > 1) faults.push(`${name} at ${viewport.width} px scrolls sideways by ${sideways} px`);
    await axe(page, `${name} ${size}`);
  }
  await page.setViewportSize(desk);
}

// until reloads an address until the check holds.
export async function until(page, address, what, check, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    await page.goto(base + address);
    if (await check()) { console.log(`step: ${what}`); return; }
    if (Date.now() > end) {
      await page.screenshot({ path: `${shots}/failed.png`, fullPage: true });
      throw new Error(`${what}: not within ${seconds} s at ${address}\n${(await page.locator('main').innerText()).slice(0, 3000)}`);
    }
    await page.waitForTimeout(400);
  }
}

// signIn signs in on the page that asks for it, and waits for the one that was asked for.
export async function signIn(page, address) {
  await page.getByLabel('Work e-mail').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(base + address);
}

// play runs a script and ends with what is wrong.
export async function play(script) {
  try {
    await script();
  } catch (e) {
    faults.push(String(e.stack || e));
  } finally {
    await browser.close();
  }
  for (const f of faults) console.log(`FAULT ${f}`);
  process.exit(faults.length ? 1 : 0);
}
