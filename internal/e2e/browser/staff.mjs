// Clicks what staff does about notices: hold and release, preview, tasks and calls, a client's settings and contacts, taking back, feeds,
// deliveries, the proof and the storm brake. Each page is looked at in both widths.
// Usage: node staff.mjs BASE USER PASSWORD SHOTS
import { base, desk, faults, newPage, play, see, signIn, until, user } from './tools.mjs';

play(async () => {
  const ops = await newPage(desk);
  const said = (text) => ops.getByRole('status').getByText(text).waitFor();
  const press = async (name, text, scope = ops) => {
    await scope.getByRole('button', { name }).first().click();
    await said(text);
  };
  const step = (what) => console.log(`step: ${what}`);
  const expect = (ok, what) => { if (!ok) faults.push(`${ops.url()}: ${what}`); };
  const client = async (name) => {
    await ops.goto(base + '/clients');
    await ops.getByRole('link', { name, exact: true }).first().click();
    return new URL(ops.url()).pathname;
  };

  await ops.goto(base + '/notices');
  await signIn(ops, '/notices');
  await until(ops, '/notices', 'the demo shows what went wrong', async () =>
    (await ops.getByRole('heading', { name: /Over the daily cap/ }).count()) > 0 && (await ops.getByText('Came back').count()) > 0 && (await ops.getByText('550 5.1.1').count()) > 0);
  await see(ops, 'staff-notices', { whole: true });
  await ops.goto(base + '/');
  expect(await ops.getByText(/refused, or come back/).count() > 0, 'Today does not count what came back');
  await see(ops, 'staff-today', { whole: true });

  // What goes out: hold, release, read, try.
  await ops.goto(base + '/notices/forecast');
  expect(await ops.getByText('Client is held').count() > 0, 'the held client is not shown');
  await see(ops, 'forecast', { whole: true });
  const closed = ops.locator('details.fold:not([open])');
  const folded = await closed.count();
  await closed.first().locator('summary').click();
  expect(folded > 3 && await closed.count() === folded - 1, 'a day does not open');
  const name = await ops.locator('details[open] button[aria-label^="Hold:"]').last().getAttribute('aria-label');
  await press(name, 'held until somebody releases it');
  const release = name.replace('Hold:', 'Release:');
  await ops.locator(`details:not([open]):has(button[aria-label="${release}"]) > summary`).first().click({ timeout: 2000 }).catch(() => {});
  await see(ops, 'forecast-held');
  await press(release, /./);
  step('a foreseen notice is held and released');
  await ops.goto(base + '/notices/forecast?by=client');
  await see(ops, 'forecast-clients');
  await ops.getByRole('link', { name: /^Read it/ }).first().click();
  await see(ops, 'preview', { whole: true });
  await press('Send a test to me', user);
  await until(ops, '/demo/', 'a test arrives', async () => (await ops.getByRole('row', { name: new RegExp(user) }).count()) > 0);

  // A task: whose, until when, a call, done.
  await ops.goto(base + '/tasks');
  expect(await ops.getByText(/nobody named|no phone/).count() === 0, 'a task does not say whom to call');
  await see(ops, 'tasks');
  await ops.locator('main tbody th a', { hasText: '60-day' }).first().click();
  await see(ops, 'task', { whole: true });
  await ops.getByLabel('Taken care of by').fill('lee@krest.lab');
  await ops.getByLabel('Note', { exact: true }).last().fill('Ask for the renewal invoice');
  const day = ops.getByRole('textbox', { name: 'Until' });
  await day.fill(await day.getAttribute('min'));
  await press('Save', 'lee@krest.lab takes care of it');
  await press('I take it', `${user} takes care of it`);
  await ops.getByLabel('How it ended').selectOption('no_answer');
  await ops.getByLabel('Note', { exact: true }).first().fill('Rang for long');
  await press('Note the call', 'The task stays open');
  expect(await ops.getByText('Rang for long').count() > 0, 'the call is not listed');
  await see(ops, 'task-called');
  await press('It is done', 'Done');
  step('a task is planned, called about and done');

  // A client's own settings, a hold, and whom it names.
  const vet = await client('Willow Veterinary Clinic');
  await ops.goto(base + vet + '/notices');
  await see(ops, 'outreach', { whole: true });
  await ops.getByLabel(/^Of its own/).check();
  await ops.getByLabel('14-day').uncheck();
  await ops.getByLabel(/^Deputy from/).fill('10');
  await ops.getByLabel(/hours to answer/).fill('24');
  await press('Save', 'The next planning goes by it');
  expect(await ops.getByText('has rules of its own').count() === 1 && !await ops.getByLabel('14-day').isChecked(), 'the rules were not kept');
  await press('The agency’s rules again', 'The agency’s rules hold');
  await ops.locator('#o-why').fill('Moving to another agency');
  await press('Hold them', 'Nothing goes out to this client');
  await see(ops, 'outreach-held');
  await press('Release its notices', /./);
  await press('Accept as contact', /Ada Brink/);
  step('a client has rules of its own, is held, and its proposal accepted');

  // Contacts: add, correct, stop, lift.
  await ops.getByRole('link', { name: 'Correct Ada Brink' }).click();
  await see(ops, 'contact', { whole: true });
  await ops.getByLabel('Language').fill('es');
  await press('Save', 'Saved');
  await ops.getByRole('link', { name: 'Correct Ada Brink' }).click();
  expect(await ops.getByLabel('Language').inputValue() === 'es', 'the language was not kept');
  await ops.getByLabel('Why').fill('On leave until spring');
  await press('Stop writing there', 'Nobody writes to ada.brink@mailhost.lab any more');
  await see(ops, 'suppressed');
  await press('Write there again: ada.brink@mailhost.lab', /./);
  await ops.locator('#o-rev').fill('A phone was lost');
  await press('End all links', /./);
  step('a contact is corrected, stopped and written to again');

  // Erasing asks twice: without the tick nothing happens.
  await ops.goto(base + vet);
  await ops.getByRole('link', { name: 'Erase Ada Brink' }).click();
  await see(ops, 'erase', { whole: true });
  await ops.getByRole('button', { name: 'Erase Ada Brink' }).click();
  expect(/\/erase$/.test(ops.url()), 'a person is erased without the tick');
  await ops.getByLabel('I am sure').check();
  await press('Erase Ada Brink', 'Erased');
  expect(await ops.getByText('ada.brink@').count() === 0, 'the erased person is still shown');
  step('a person is erased');

  // A message that went out is taken back.
  await ops.goto(base + '/domains/stillwateryoga.lab');
  await ops.getByRole('row', { name: /sent .* mina\.oster/ }).getByRole('link').first().click();
  await see(ops, 'notice', { whole: true });
  await ops.getByRole('link', { name: 'Take it back' }).click();
  await see(ops, 'take-back');
  await press(/that it was wrong$/, /./);
  expect(await ops.getByText('This message is taken back').count() === 1, 'it is not said that it is taken back');
  step('a message is taken back');

  // Feeds, deliveries, the proof.
  await ops.goto(base + '/feeds');
  await ops.getByLabel('For whom').fill('Lee');
  await press('Make an address', 'The address for Lee');
  const feed = (await ops.locator('.copy').innerText()).trim();
  expect((await ops.request.get(feed)).status() === 200, 'the feed does not answer');
  await see(ops, 'feeds');
  await press('Revoke', /./);
  expect((await ops.request.get(feed)).status() === 404, 'a revoked feed still answers');
  step('a feed is made and revoked');
  await ops.goto(base + '/ops/deliveries');
  await see(ops, 'deliveries', { whole: true });
  await press(/^Send again/, /./);
  expect(await ops.getByRole('heading', { name: /^Tries/ }).count() === 1, 'the delivery that is made again is not shown');
  await see(ops, 'delivery');
  await ops.goto(base + await client('Brightsmile Dental') + '/proof');
  await see(ops, 'proof', { whole: true });
  await ops.emulateMedia({ media: 'print' });
  for (const part of ['.sandbar', '.top', 'form', '.acts']) expect(!await ops.locator(part).first().isVisible(), `the proof prints ${part}`);
  expect(await ops.getByText('What Brightsmile Dental was told').isVisible(), 'the proof does not print');
  await ops.screenshot({ path: `${process.argv[5]}/proof-print.png`, fullPage: true });
  await ops.emulateMedia({ media: 'screen' });
  step('a delivery is made again, and the proof prints');

  // Most of a year passes at once: so many names lapse that the storm brake is pulled.
  await ops.request.post(base + '/demo/advance', { form: { days: '300' } });
  await until(ops, '/brake', 'the storm brake is pulled', async () => (await ops.getByText('Let mail to clients go?').count()) > 0, 180);
  await see(ops, 'brake', { whole: true });
  await press('Let mail to clients go', /./);
  await ops.goto(base + '/brake');
  expect(await ops.getByText('Mail to clients goes out').count() === 1, 'the brake is still on');
  step('the brake is released');
});
