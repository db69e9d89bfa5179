// Three people talk over two nodes: a teacher at a desk, two students with phones. One loses the network in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Cable } from "./cable.mjs";
import { House } from "./house.mjs";
import { inspect, PHONE, PROJECTOR } from "./looks.mjs";
import { Person } from "./person.mjs";
import { CORPUS } from "./scripts-as-text.mjs";

const DESKTOP = { width: 1366, height: 800 };
const SMALL = { width: 320, height: 568 };

let house, cable, browser, room, teacher, maya, ali, names, chat;

before(async () => {
  house = await House.start();
  cable = await Cable.to(house.nodes[1].port);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const { name } = house.accounts.find(({ role }) => role === "teacher");
  room = (await house.api(0, name).get("/api/v1/classes")).items[0];
  names = { teacher: name, maya: room.students[0].name, ali: room.students[1].name };
  const open = (who, address, viewport) => Person.signedIn(browser, address, house.sessions.get(who), viewport);
  teacher = await open(names.teacher, house.nodes[0].address, DESKTOP);
  maya = await open(names.maya, cable.address, PHONE);
  ali = await open(names.ali, house.nodes[1].address, PHONE);
});

after(async () => {
  await browser?.close();
  await cable?.close();
  await house?.stop();
});

let broken = false;

/** A part of the story. After one that failed the rest would only wait for screens that never come. */
function part(name, play) {
  test(name, async (context) => {
    if (broken) return context.skip("an earlier part failed");
    try {
      await play();
    } catch (error) {
      broken = true;
      for (const [who, person] of Object.entries({ teacher, maya, ali })) await person?.page.screenshot({ path: `${import.meta.dirname}/shots/failed-chat-${who}.png` });
      context.diagnostic(`the servers' last lines:\n${house?.log}`);
      throw error;
    }
  });
}

const field = (person) => person.page.getByRole("textbox", { name: /^(Message to|Reply in)/ }).filter({ visible: true }).last();
const log = (person) => person.page.getByRole("log", { name: "Messages" });
const message = (person, text) => log(person).getByRole("article").filter({ hasText: text }).last();

async function say(person, text) {
  await field(person).fill(text);
  await field(person).press("Enter");
}

/** Brings a message's actions in reach and presses one of its buttons. */
async function act(person, text, button) {
  const row = message(person, text);
  await row.scrollIntoViewIfNeeded();
  await row.focus();
  await row.getByRole("button", { name: button }).click();
}

async function choose(person, text, item) {
  await act(person, text, /^Actions for/);
  await person.page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** What somebody sees of the conversation, from its beginning: the sequences and texts of the messages, in order. */
async function seen(person) {
  await log(person).evaluate((box) => (box.scrollTop = 0));
  await log(person).getByText("This is the beginning.").waitFor();
  const rows = await log(person).evaluate((box) => [...box.querySelectorAll("[role=article]")].map((row) => [Number(row.dataset.row.slice(1)), row.querySelector("p")?.textContent ?? ""]));
  await log(person).evaluate((box) => (box.scrollTop = box.scrollHeight));
  return rows;
}

/** The conversation as the server keeps it, without what is in threads. */
async function kept() {
  const { items } = await house.api(0, names.teacher).get(`/api/v1/conversations/${chat}/messages?after=0&limit=200`);
  return items.filter(({ thread }) => thread === null).map(({ seq, body, state }) => [seq, state === "deleted" ? "This message was deleted." : body]);
}

async function until(holds, what) {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((done) => setTimeout(done, 100));
  }
}

part("a teacher opens the chat of the class from its page", async () => {
  await maya.goto("/chat");
  await maya.sees("No conversations yet");
  await inspect(maya.page, "chat-empty");
  await teacher.goto(`/classes/${room.id}`);
  await teacher.page.getByRole("tab", { name: "Chat" }).click();
  await teacher.sees("This class has no chat yet");
  await teacher.press("Open the chat of this class");
  await teacher.sees("Nothing has been written here yet.");
  await say(teacher, "Good morning! Ask here whatever you want to know.");
  await inspect(teacher.page, "chat-class-tab");
  chat = (await house.api(0, names.teacher).get("/api/v1/conversations")).items[0].id;
  await teacher.goto(`/chat/${chat}`);
  await message(teacher, "Good morning!").waitFor();
});

part("what is said at one node is there at the other, with a number beside the way to it", async () => {
  await maya.goto("/chat");
  await maya.page.getByRole("link", { name: /Good morning!.*1 unread message/ }).waitFor();
  await maya.page.getByRole("link", { name: /^Chat\W+1 unread message$/ }).waitFor();
  await inspect(maya.page, "chat-list");
  await maya.page.getByRole("link", { name: /Good morning!/ }).click();
  await message(maya, "Good morning!").waitFor();
  await ali.goto(`/chat/${chat}`);
  await message(ali, "Good morning!").waitFor();
  await say(maya, "Is the test\non Monday?");
  await message(teacher, "Is the test").waitFor();
  await message(ali, "on Monday?").waitFor();
  await field(ali).pressSequentially("I think");
  await teacher.sees(`${names.ali} is writing…`);
  await field(ali).fill("I think on Tuesday. See https://example.org/plan.");
  await field(ali).press("Enter");
  const link = message(teacher, "Tuesday").getByRole("link");
  assert.equal(await link.getAttribute("href"), "https://example.org/plan");
  assert.match(await link.getAttribute("rel"), /noopener/);
});

part("a mention is chosen by the keyboard and finds its person on another page", async () => {
  await ali.goto("/home");
  await ali.page.getByRole("link", { name: "Chat", exact: true }).waitFor();
  await field(teacher).pressSequentially(`It is on Tuesday, @${names.ali.slice(0, 3)}`);
  await teacher.page.getByRole("option", { name: names.ali }).waitFor();
  await inspect(teacher.page, "chat-mention");
  await teacher.keys("Enter");
  assert.equal(await field(teacher).inputValue(), `It is on Tuesday, @${names.ali} `);
  await teacher.keys("Enter");
  await ali.page.getByRole("link", { name: /^Chat\W+1 unread message$/ }).waitFor();
  await ali.page.getByRole("link", { name: /^Chat\W+1 unread message$/ }).click();
  await ali.page.getByRole("link", { name: /mentions you 1 time/ }).click();
  await message(ali, "It is on Tuesday").waitFor();
  await ali.page.getByText("New", { exact: true }).waitFor();
  await inspect(ali.page, "chat-conversation-phone");
  await ali.page.setViewportSize(SMALL);
  await inspect(ali.page, "chat-conversation-small", ["light"]);
  await ali.page.setViewportSize(PHONE);
  await teacher.sees(/\d+ of \d+ read/);
});

part("a thread, a reaction, a quote and a pin reach all", async () => {
  await act(maya, "It is on Tuesday", "Reply in a thread");
  await say(maya, "Which chapters?");
  await message(teacher, "It is on Tuesday").getByRole("button", { name: "1 reply" }).click();
  await teacher.page.getByRole("complementary", { name: "Thread" }).getByText("Which chapters?").waitFor();
  await say(teacher, "Three and four.");
  await maya.page.getByRole("complementary", { name: "Thread" }).getByText("Three and four.").waitFor();
  await inspect(teacher.page, "chat-thread");
  await inspect(maya.page, "chat-thread-phone");
  assert.match(maya.page.url(), /\/chat\/[^/]+\/\d+$/);
  await maya.page.reload();
  await maya.page.getByRole("complementary", { name: "Thread" }).getByText("Three and four.").waitFor();
  await maya.keys("Escape");
  await teacher.keys("Escape");

  await act(ali, "Good morning!", "React");
  await ali.page.getByRole("option", { name: "thumbs up" }).waitFor();
  await inspect(ali.page, "chat-emoji", ["light"]);
  await ali.page.getByRole("option", { name: "thumbs up" }).click();
  await message(teacher, "Good morning!").getByRole("button", { name: "thumbs up, 1 person", exact: true }).click();
  await message(ali, "Good morning!").getByRole("button", { name: "thumbs up, 2 people, you among them" }).waitFor();
  await message(teacher, "Good morning!").getByRole("button", { name: "thumbs up, 2 people, you among them" }).waitFor();

  await choose(maya, "Tuesday. See", "Quote");
  await say(maya, "Thanks!");
  await message(ali, "Thanks!").getByRole("button", { name: new RegExp(`Answers ${names.ali}`) }).waitFor();

  await choose(teacher, "It is on Tuesday", "Pin");
  await message(maya, "It is on Tuesday").getByText("Pinned").waitFor();
  await maya.press("More");
  await maya.page.getByRole("menuitem", { name: "Pinned messages" }).click();
  await maya.page.getByRole("complementary", { name: "Pinned messages" }).getByText("It is on Tuesday").waitFor();
  await inspect(maya.page, "chat-pins");
  await maya.keys("Escape");
});

part("a message is changed and taken away, and both can be undone", async () => {
  await say(maya, "I have a qestion");
  await message(maya, "I have a qestion").waitFor();
  await field(maya).press("ArrowUp");
  const edit = maya.page.getByRole("textbox", { name: "Edit your message" });
  await edit.fill("I have a question");
  await edit.press("Enter");
  await message(teacher, "I have a question").getByText("edited").click();
  await teacher.dialog().getByText("I have a qestion").waitFor();
  await inspect(teacher.page, "chat-history");
  await teacher.closeDialog();

  await choose(maya, "I have a question", "Delete");
  await maya.sees("Deleted.");
  await log(maya).getByRole("button", { name: "Undo" }).click();
  await message(maya, "I have a question").waitFor();
  await choose(maya, "I have a question", "Delete");
  await message(teacher, "This message was deleted.").waitFor();
  await choose(teacher, "Thanks!", "Delete");
  // Who goes elsewhere does not wait for the end of the time to regret.
  await teacher.goto("/classes");
  await until(async () => (await kept()).some(([, body], at, all) => at > 0 && body === "This message was deleted." && all.filter(([, one]) => one === body).length === 2), "the message is gone from the server");
  await teacher.goto(`/chat/${chat}`);
  await until(async () => (await log(ali).getByText("This message was deleted.").count()) === 2, "both are gone for the others");
});

part("modes bind students and say so, and do not bind the teacher", async () => {
  const mode = async (name) => {
    await teacher.press("More");
    await teacher.page.getByRole("menuitem", { name: "Settings" }).click();
    await teacher.dialog().getByText(name, { exact: true }).click();
    if (name === "Slow") await teacher.dialog().getByLabel("Seconds between two messages").fill("5");
    await inspect(teacher.page, `chat-mode-${name.toLowerCase()}`, ["light"]);
    await teacher.dialog().getByRole("button", { name: "Save" }).click();
    await teacher.dialog().waitFor({ state: "hidden" });
  };
  await mode("Locked");
  await maya.sees("Only teachers can write here at the moment.");
  await inspect(maya.page, "chat-locked");
  await say(teacher, "One moment, please.");
  await message(maya, "One moment, please.").waitFor();
  await mode("Slow");
  await say(maya, "Slowly then.");
  await message(teacher, "Slowly then.").waitFor();
  await maya.sees(/You can write again in \d seconds?\./);
  await inspect(maya.page, "chat-slow", ["light"]);
  await maya.sees("Slow mode: one message in 5 seconds.");
  await mode("Questions");
  await maya.sees("Only questions: you can write new messages, and answer in your own threads.");
  await mode("All");
  await maya.page.getByText("Only questions").waitFor({ state: "detached" });
});

part("who loses the network ends with the same list: nothing is lost, nothing doubled", async () => {
  maya.watch.expectsCuts = true;
  await say(maya, "before the cut");
  await message(teacher, "before the cut").waitFor();
  cable.cut();
  for (let n = 1; n <= 5; n += 1) {
    await say(teacher, `teacher, without Maya ${n}`);
    await say(ali, `Ali, without Maya ${n}`);
    await say(maya, `Maya, without network ${n}`);
  }
  await maya.sees("Waits for the connection");
  await maya.sees("No connection. What you write is kept here and sent when it is back.");
  await inspect(maya.page, "chat-offline");
  await act(ali, "before the cut", "React");
  await ali.page.getByRole("option", { name: "party" }).click();
  // A tab that is closed keeps nothing but what is on the device.
  await maya.page.close();
  cable.mend();
  await maya.newPage();
  await maya.goto(`/chat/${chat}`);
  await message(teacher, "Maya, without network 5").waitFor();
  await message(maya, "Ali, without Maya 5").waitFor();
  await message(maya, "before the cut").getByRole("button", { name: "party, 1 person", exact: true }).waitFor();

  // Again, this time with the page open all the while.
  maya.watch.expectsCuts = true;
  cable.cut();
  for (let n = 1; n <= 30; n += 1) {
    const sent = await house.api(n % 2, n % 3 ? names.ali : names.teacher).post(`/api/v1/conversations/${chat}/messages`, { nonce: crypto.randomUUID(), body: `while the page waited ${n}` }).catch((error) => error);
    if (!(sent instanceof Error)) continue;
    // Ten in ten seconds are everybody's bound at a node.
    assert.match(String(sent), / 429 /);
    await new Promise((done) => setTimeout(done, 500));
    n -= 1;
  }
  await say(maya, "from an open page");
  cable.mend();
  await message(teacher, "from an open page").waitFor();
  await message(maya, "while the page waited 30").waitFor();
  maya.watch.expectsCuts = false;
  const all = await kept();
  const bodies = all.map(([, body]) => body).filter((body) => body !== "This message was deleted.");
  assert.equal(new Set(bodies).size, bodies.length, "nothing is doubled");
  for (let n = 1; n <= 5; n += 1) for (const body of [`teacher, without Maya ${n}`, `Ali, without Maya ${n}`, `Maya, without network ${n}`]) assert.ok(bodies.includes(body), body);
  const own = bodies.filter((body) => body.startsWith("Maya, without network"));
  assert.deepEqual(own, [1, 2, 3, 4, 5].map((n) => `Maya, without network ${n}`), "in the order in which they were written");
  for (const person of [teacher, maya, ali]) {
    await until(async () => JSON.stringify(await seen(person)) === JSON.stringify(all), `${person.name} sees what the server keeps`);
  }
});

part("words are found and lead to their message", async () => {
  await maya.press("Search this conversation");
  await maya.page.getByLabel("Words to look for").fill("tues");
  await maya.keys("Enter");
  const found = maya.page.getByRole("complementary", { name: "Search this conversation" });
  await found.locator("mark").first().waitFor();
  assert.match(await found.locator("mark").first().textContent(), /^Tues/);
  await inspect(maya.page, "chat-search");
  await maya.keys("Escape");
});

part("scripts are text, in the list, the conversation, a thread and the search", async () => {
  const dialogs = [];
  for (const { page } of [teacher, maya, ali]) page.on("dialog", (dialog) => (dialogs.push(dialog.message()), dialog.dismiss()));
  const group = await house.api(0, names.teacher).post("/api/v1/conversations", { kind: "group", title: `<img src=x onerror=window.hit=1>`, people: [room.students[0].id] });
  for (const [n, body] of CORPUS.entries()) {
    // Ten in ten seconds are the bound of each person at each node: four ways take four times as many.
    const api = house.api(n % 2, n % 4 < 2 ? names.teacher : names.maya);
    for (;;) {
      const sent = await api.post(`/api/v1/conversations/${group.id}/messages`, { nonce: crypto.randomUUID(), body, ...(n % 5 === 4 && { reply_to: n }) }).catch((error) => error);
      if (!(sent instanceof Error)) break;
      assert.match(String(sent), / 429 /, body);
      await new Promise((done) => setTimeout(done, 500));
    }
  }
  await maya.goto(`/chat/${group.id}`);
  await message(maya, "__proto__").waitFor();
  // What a person types goes another way than what a program sends.
  for (const body of CORPUS.slice(0, 5)) await say(maya, body);
  await seen(maya);
  await until(async () => (await log(maya).getByRole("article").count()) >= CORPUS.length + 5 && (await log(maya).getByText("Sending…").count()) === 0, "all are there");
  const shown = await log(maya).evaluate((box) =>
    [...box.querySelectorAll("[role=article]")].map((row) => {
      const body = row.querySelector("p");
      return { text: body.textContent, inside: [...body.querySelectorAll("*")].map((one) => [one.tagName, one.getAttribute("href") ?? ""]) };
    }),
  );
  assert.deepEqual(shown.slice(0, CORPUS.length).map(({ text }) => text), CORPUS);
  for (const { text, inside } of shown) {
    for (const [tag, href] of inside) {
      assert.ok(["A", "SPAN", "BDI"].includes(tag), `${tag} in ${text}`);
      if (tag === "A") assert.match(href, /^https:\/\/(example\.org|evil\.example)\//, text);
    }
  }
  await inspect(maya.page, "chat-scripts", ["light"]);
  await maya.press("Search this conversation");
  await maya.page.getByLabel("Words to look for").fill("script");
  await maya.keys("Enter");
  await maya.page.locator("mark").first().waitFor();
  await maya.page.goto(`${maya.address}/chat/${group.id}/1`);
  await maya.page.getByRole("complementary", { name: "Thread" }).getByText(CORPUS[0]).waitFor();
  await teacher.goto("/chat");
  await teacher.page.getByRole("link", { name: /<img src=x onerror/ }).waitFor();
  for (const person of [teacher, maya, ali]) {
    assert.equal(await person.page.evaluate(() => window.hit), undefined, `${person.name} ran nothing`);
    assert.equal(await person.page.evaluate(() => document.querySelectorAll("[onerror],[onload],iframe,object,embed,base[href]").length), 0);
  }
  assert.deepEqual(dialogs, []);
});

part("a conversation with one person is begun from the list, and its pages hold on a projector", async () => {
  await ali.goto("/chat");
  await ali.press("New conversation");
  await ali.page.getByLabel("Find a person").fill(names.maya.split(" ")[0]);
  await inspect(ali.page, "chat-new");
  await ali.dialog().getByRole("button", { name: new RegExp(names.maya) }).click();
  await say(ali, "Shall we learn together?");
  await maya.goto("/chat");
  await maya.page.getByRole("link", { name: /Shall we learn together/ }).click();
  await message(maya, "Shall we learn together?").waitFor();
  await message(ali, "Shall we learn together?").getByText("Read", { exact: true }).waitFor();
  await teacher.goto(`/chat/${chat}`);
  await message(teacher, "from an open page").waitFor();
  await inspect(teacher.page, "chat-desk");
  await teacher.page.setViewportSize(PROJECTOR);
  await inspect(teacher.page, "chat-projector", ["light"]);
});

part("a long conversation is read back to its beginning, and nothing moves under the eyes", async () => {
  const writers = house.accounts.filter(({ role }) => role === "student").map(({ name }) => name);
  const long = await house.api(0, names.teacher).post("/api/v1/conversations", { kind: "group", title: "A long story", people: room.students.map(({ id }) => id) });
  const most = Math.min(450, writers.length * 20);
  assert.ok(most > 400, "more than is kept on the page at once");
  for (let n = 1; n <= most; n += 1) {
    const lines = n % 7 === 0 ? `\n${"a longer line of many words ".repeat(n % 5)}` : "";
    await house.api(n % 2, writers[n % writers.length]).post(`/api/v1/conversations/${long.id}/messages`, { nonce: crypto.randomUUID(), body: `sentence ${n}${lines}` });
  }
  await teacher.page.setViewportSize(DESKTOP);
  await teacher.goto(`/chat/${long.id}`);
  // Much is new: the teacher begins at the first of it, and the rest follows.
  await message(teacher, "sentence 1").waitFor();
  await teacher.page.getByText("New", { exact: true }).waitFor();
  await teacher.press(/new messages$/);
  await message(teacher, `sentence ${most}`).waitFor();
  await until(async () => (await log(teacher).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)) < 2, "the list stands at its end");
  await log(teacher).hover();
  const first = () => log(teacher).evaluate((box) => {
    const top = box.getBoundingClientRect().top;
    const row = [...box.querySelectorAll("[role=article]")].find((one) => one.getBoundingClientRect().top >= top);
    return row === undefined ? null : { key: row.dataset.row, y: row.getBoundingClientRect().top };
  });
  const place = (key) => log(teacher).evaluate((box, row) => box.querySelector(`[data-row="${row}"]`)?.getBoundingClientRect().top ?? null, key);
  for (let step = 0; step < 80 && !(await log(teacher).getByText("This is the beginning.").isVisible()); step += 1) {
    await teacher.page.mouse.wheel(0, -900);
    await new Promise((done) => setTimeout(done, 120));
    const before = await first();
    await new Promise((done) => setTimeout(done, 250));
    const y = await place(before.key);
    assert.ok(y !== null && Math.abs(y - before.y) <= 2, `${before.key} stood at ${before.y} and stands at ${y}`);
  }
  await log(teacher).getByText("This is the beginning.").waitFor();
  assert.equal(await log(teacher).getByRole("article").count(), 400, "what is far away leaves the page");
  await teacher.press(/^To the newest$/);
  await message(teacher, `sentence ${most}`).waitFor();
  await say(teacher, "The end.");
  await message(teacher, "The end.").waitFor();
  await until(async () => (await log(teacher).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)) < 2, "the list stands at its end");
});

part("no page asked a third party or complained", () => {
  for (const { watch, name } of [teacher, maya, ali]) {
    assert.deepEqual(watch.foreign, [], `${name} asked a third party`);
    // Who types while a program writes in their name meets the bound; the page waits and sends again.
    const complaints = watch.complaints.filter((text) => !/status of 429/.test(text));
    assert.deepEqual(complaints, [], `${name} complained`);
  }
});
