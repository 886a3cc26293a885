// Drives the demo as a newcomer would, from the empty board to the answered notice, and fails at the first step that is missing.
// Usage: node demo.mjs BASE USER PASSWORD SHOTS
import { base, desk, faults, newPage, phone, play, refused, see, signIn, until } from './tools.mjs';

const rowOf = (page, name) => page.locator('tr', { has: page.locator('a.dom', { hasText: new RegExp(`^${name}$`) }) });

play(async () => {
  const ops = await newPage(desk);
  await ops.goto(base + '/domains');
  await see(ops, 'login');
  await signIn(ops, '/domains');

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
  refused();
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
  await see(ops, 'evidence', { sandboxed: true });
  if (!(await ops.locator('pre').first().innerText()).includes(name)) faults.push('the raw answer does not name the domain');
});
