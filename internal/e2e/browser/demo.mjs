// Drives the demo as a newcomer would, from the empty board to the answered notice, and fails at the first step that is missing.
// Usage: node demo.mjs BASE USER PASSWORD SHOTS
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [base, user, password, shots] = process.argv.slice(2);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desk = { width: 1440, height: 900 }, phone = { width: 390, height: 844 };
const faults = [];
let faultsExpected = 0; // answers of status 422 that this script provokes
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// newPage opens a window that notes every violation of the content security policy, every script error and every failed request.
async function newPage(viewport) {
  const context = await browser.newContext({ viewport, locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (m) => {
    if (!['error', 'warning'].includes(m.type()) || /favicon/.test(m.text())) return;
    if (/status of 422/.test(m.text()) && faultsExpected-- > 0) return;
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
async function see(page, name, sandboxed = false) {
  for (const [size, viewport] of [['desk', desk], ['phone', phone]]) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${shots}/${name}-${size}.png` });
    if (sandboxed) continue;
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (sideways > 1) faults.push(`${name} at ${viewport.width} px scrolls sideways by ${sideways} px`);
    await axe(page, `${name} ${size}`);
  }
  await page.setViewportSize(desk);
}

// until reloads an address until the check holds.
async function until(page, address, what, check, seconds = 60) {
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

const rowOf = (page, name) => page.locator('tr', { has: page.locator('a.dom', { hasText: new RegExp(`^${name}$`) }) });

try {
  const ops = await newPage(desk);
  await ops.goto(base + '/domains');
  await see(ops, 'login');
  await ops.getByLabel('Work e-mail').fill(user);
  await ops.getByLabel('Password').fill(password);
  await ops.getByRole('button', { name: 'Sign in' }).click();
  await ops.waitForURL(base + '/domains');

  if (await ops.locator('a.dom').count() !== 0) throw new Error('the board is not empty at first');
  await see(ops, 'empty');
  console.log('step: the board is empty');

  await until(ops, '/domains?per=all', 'the board fills', async () => (await ops.getByText('30 names of 12 clients').count()) > 0);
  const name = 'stillwateryoga.lab';
  await until(ops, '/domains?q=' + name, 'a domain is within a day', async () => /Within 1 day/.test(await rowOf(ops, name).innerText().catch(() => '')));
  await until(ops, '/domains', 'registrations are known', async () => (await ops.getByText('RDAP').count()) > 10);
  await see(ops, 'board');
  await ops.goto(base + '/');
  await see(ops, 'today');

  // The clock moves on by a day, and the domain expires.
  await ops.goto(base + '/demo/');
  await see(ops, 'inbox');
  await ops.getByRole('button', { name: '+1 day' }).click();
  await until(ops, '/domains?q=' + name, 'it expires', async () => /Expired, in grace/.test(await rowOf(ops, name).innerText().catch(() => '')));

  if (await ops.getByText('Mail to clients is held').count()) faults.push('one expired name pulled the storm brake');

  // A notice arrives; another day, if it is owed the day after.
  const subject = new RegExp(`${name.replace('.', '\\.')} expired`);
  let arrived = false;
  for (let day = 0; day < 3 && !arrived; day++) {
    for (let i = 0; i < 25 && !arrived; i++) {
      await ops.goto(base + '/demo/');
      arrived = await ops.getByRole('link', { name: subject }).count() > 0;
      if (!arrived) await ops.waitForTimeout(400);
    }
    if (!arrived) await ops.getByRole('button', { name: '+1 day' }).click();
  }
  if (!arrived) throw new Error('no notice about the expired domain arrived');
  console.log('step: a notice arrives');
  await ops.getByRole('row', { name: /leo\.brandis/ }).getByRole('link', { name: subject }).first().click();
  await see(ops, 'mail');
  const text = await ops.locator('pre').innerText();
  for (const words of ['responsibility', 'Sign in at', 'password', name]) if (!text.includes(words)) faults.push(`the notice does not say "${words}"`);
  const html = ops.frameLocator('iframe.mail');
  if (!(await html.locator('body').innerText()).includes(name)) faults.push('the HTML part does not name the domain');
  const link = await ops.locator('pre a').first().getAttribute('href');
  if (!link.startsWith(base + '/c/')) throw new Error(`the notice links to ${link}`);

  // The owner opens the link on a phone. Looking changes nothing; pressing the button does.
  const owner = await newPage(phone);
  await owner.goto(link);
  await see(owner, 'portal');
  await owner.setViewportSize(phone);
  const card = owner.locator('section.p-card', { has: owner.getByRole('heading', { name }) });
  const button = card.getByRole('button', { name: 'I have renewed it' });
  const box = await button.boundingBox();
  if (!box || box.height < 44) faults.push(`the answer button is ${box && box.height} px high, less than a thumb`);
  // Letting it go is asked once more; a mind can be changed; somebody else can be named, and no secret is taken.
  await card.getByRole('button', { name: 'We no longer want this domain' }).click();
  await see(owner, 'confirm');
  await owner.setViewportSize(phone);
  await owner.getByRole('link', { name: 'No, go back' }).click();
  await card.getByText('I am not the right person', { exact: true }).click();
  await card.getByLabel('Their name').fill('Ana Díaz');
  await card.getByLabel('Their phone number').fill('pw: hunter22!x');
  faultsExpected = 1;
  await card.getByRole('button', { name: /I am not the right person for/ }).click();
  await owner.getByRole('alert').waitFor();
  if ((await owner.content()).includes('hunter22')) faults.push('the page repeats a secret');
  await see(owner, 'refused');
  await owner.setViewportSize(phone);
  await card.getByLabel('Their phone number').fill('+1 555 010 0142');
  await card.getByRole('button', { name: /I am not the right person for/ }).click();
  await owner.getByText('You named Ana Díaz').waitFor();
  await card.getByText('Change this answer').click();
  await card.getByRole('button', { name: 'Take this answer back' }).click();
  await owner.getByText('Your answer is taken back').waitFor();
  console.log('step: a mind is changed');
  await button.click();
  await owner.getByRole('status').waitFor();
  await see(owner, 'answered');
  console.log('step: the link is answered');

  await until(ops, '/domains?q=' + name, 'the board says so', async () => /Says renewed; not seen yet/.test(await rowOf(ops, name).innerText().catch(() => '')));

  // The owner really renews, and the registry's new date closes it.
  await ops.goto(base + '/demo/domains');
  await see(ops, 'lab-domains');
  await ops.getByRole('button', { name: `Renew 1 year: ${name}` }).click();
  await ops.goto(base + '/domains/' + name);
  await see(ops, 'domain');
  await ops.getByRole('button', { name: 'Recheck now' }).click();
  await until(ops, '/domains?q=' + name, 'the renewal is seen', async () => /Registered/.test(await rowOf(ops, name).innerText().catch(() => '')));

  for (const [page, address] of [['notices', '/notices'], ['clients', '/clients'], ['access', '/access'], ['access-new', '/access/new']]) {
    await ops.goto(base + address);
    await see(ops, page);
  }

  // A client's checklist says what to enter, field by field: one click selects a value whole.
  await ops.goto(base + '/clients');
  await ops.getByRole('link', { name: 'Golden Crust Bakery' }).click();
  await ops.getByRole('link', { name: 'Onboarding' }).click();
  await until(ops, new URL(ops.url()).pathname, 'the onboarding says what to enter', async () => (await ops.getByText('What to enter').count()) > 0);
  await see(ops, 'onboarding');
  await ops.locator('.todo .copy', { hasText: 'news._domainkey' }).first().click();
  const picked = await ops.evaluate(() => String(getSelection()).trim());
  if (picked !== 'news._domainkey') faults.push(`a click on the name selects "${picked}"`);

  // A finding is assigned and rests; the watch over a name ends after a question.
  await ops.goto(base + '/domains/goldencrust-catering.lab');
  await ops.getByText('Assign, or let it rest').first().click();
  await see(ops, 'handling');
  await ops.getByRole('button', { name: 'I take it' }).first().click();
  await ops.getByRole('status').getByText('takes care of it').waitFor();
  await ops.getByText('Assign, or let it rest').first().click();
  const rest = ops.getByLabel('Rest until').first();
  await rest.fill(await rest.getAttribute('max'));
  await ops.getByRole('button', { name: 'Let it rest' }).first().click();
  await ops.getByText('hidden from Today until').waitFor();
  await ops.getByRole('link', { name: 'End the watch' }).click();
  await see(ops, 'archive');
  await ops.getByRole('button', { name: /^End the watch over/ }).click();
  await ops.getByRole('status').getByText('is not watched any more').waitFor();
  console.log('step: a finding rests, and a watch ends');

  await ops.goto(base + '/domains/' + name);
  await ops.getByRole('link', { name: 'raw answer' }).first().click();
  await see(ops, 'evidence', true);
  if (!(await ops.locator('pre').first().innerText()).includes(name)) faults.push('the raw answer does not name the domain');
} catch (e) {
  faults.push(String(e.stack || e));
} finally {
  await browser.close();
}
for (const f of faults) console.log(`FAULT ${f}`);
process.exit(faults.length ? 1 : 0);
