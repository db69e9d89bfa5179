// A whole game in real browsers: a teacher at a projector and five phones. One phone reloads in mid-question, one loses
// its network, one comes late, one is removed, one just plays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Api } from "./api.mjs";
import { Cable } from "./cable.mjs";
import { Host } from "./host.mjs";
import { inspect, PHONE, PROJECTOR } from "./looks.mjs";
import { Player } from "./players.mjs";
import { canaries, quiz, right } from "./quiz.mjs";
import { Server } from "./server.mjs";

const LAST = quiz.questions.length - 1;
let server, cable, browser, api, account, host, game, pin;
const players = {};

before(async () => {
  server = await Server.start();
  cable = await Cable.to(server.port);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  api = new Api(server.address);
  account = await api.signInAs("teacher");
  await api.post("/api/v1/quizzes", quiz);
  host = await Host.open(browser, server.address);
});

after(async () => {
  await browser?.close();
  await cable?.close();
  await server?.stop();
});

let broken = false;

/** A part of the game. After one that failed the rest would only wait for screens that never come. */
function part(name, play) {
  test(name, async (context) => {
    if (broken) return context.skip("an earlier part failed");
    try {
      await play();
    } catch (error) {
      broken = true;
      context.diagnostic(`the server's last lines:\n${server?.log.split("\n").slice(-15).join("\n")}`);
      throw error;
    }
  });
}

/** Opens a phone; `over` is the way to the server, the pulled cable's or the direct one. */
async function phone(name, over = server) {
  players[name] = await Player.open(browser, name, over.address, [server.address, cable.address]);
  return players[name];
}

const playing = () => Object.values(players).filter(({ name }) => name !== "Dan");

/** Nothing that tells the solution of question `index` or a later one has reached a player. */
function assertNothingLeaked(index) {
  for (const { name, watch } of Object.values(players)) {
    assert.deepEqual(watch.has(canaries.slice(index).flat()), [], `${name} received this while question ${index} was open`);
  }
}

async function openQuestion(index) {
  await host.press(index === 0 ? "Start the game" : "Next question");
  await host.sees(quiz.questions[index].prompt);
  await host.press("Open the question now");
  await host.sees(/of \d+ answered/);
}

/** Waits for the answer on the projector: the question closes by itself once all have answered. */
async function revealed() {
  await host.sees(/-explains/);
}

part("the teacher opens a lobby from the library", async () => {
  await host.page.goto(server.address);
  await inspect(host.page, "landing-projector");
  await host.signIn(account);
  await host.sees(quiz.title);
  await inspect(host.page, "library-projector");
  await host.page.setViewportSize(PHONE);
  await inspect(host.page, "library-phone");
  await host.page.setViewportSize(PROJECTOR);
  game = await host.startGame(quiz.title);
  pin = await host.pin();
  await inspect(host.page, "host-lobby-empty");
});

part("phones join by PIN", async () => {
  const ada = await phone("Ada");
  await ada.page.goto(server.address);
  await inspect(ada.page, "landing-phone");
  await ada.typePin(pin);
  await inspect(ada.page, "join-name");
  await ada.typeName();
  await ada.sees("You are in, Ada!");
  await inspect(ada.page, "play-lobby");
  await (await phone("Ben")).join(pin);
  await (await phone("Chloe", cable)).join(pin);
  await (await phone("Dan")).join(pin);
  for (const name of ["Ada", "Ben", "Chloe", "Dan"]) await host.sees(name);
  await inspect(host.page, "host-lobby");
});

part("a removed player is out and stays out", async () => {
  const { page } = players.Dan;
  await host.press(/^Players/);
  await inspect(host.page, "host-players");
  await host.removePlayer("Dan");
  await players.Dan.sees("The host has removed you from this game");
  await inspect(page, "play-kicked");
  const answer = await page.request.post(`${server.address}/api/v1/games/${game}/join`, { data: { pin, nickname: "Dan" } });
  assert.ok(!answer.ok(), "the name cannot join again");
});

part("a reload in mid-question keeps the answer", async () => {
  await openQuestion(0);
  await players.Ada.sees(quiz.questions[0].prompt);
  await inspect(players.Ada.page, "play-single-choice");
  await inspect(host.page, "host-question");
  await players.Ben.answer(right[0]);
  await players.Ben.page.reload();
  await players.Ben.sees("Answer locked in");
  await players.Ben.sees(/You answered.*North-west/);
  await inspect(players.Ben.page, "play-locked-in");
  await players.Chloe.answer({ choice: "South-east" });
  assertNothingLeaked(0);
  await players.Ada.sendBlind(right[0]);
  await revealed();
  await players.Ada.sees("Correct!");
  await players.Ben.sees("Correct!");
  await players.Chloe.sees("Not this time");
  await inspect(players.Ada.page, "play-result-right");
  await inspect(players.Chloe.page, "play-result-wrong");
  await inspect(host.page, "host-reveal-choice");
  await host.press("Show the board");
  await host.sees("The board");
  await inspect(host.page, "host-board");
  await inspect(players.Ada.page, "play-board");
});

part("an answer given while the network is down counts once", async () => {
  const { Ada, Ben, Chloe } = players;
  await openQuestion(1);
  await Ada.answer(right[1]);
  await inspect(Ada.page, "play-typed-locked-in");
  Chloe.watch.expectsCuts = true;
  cable.cut();
  await Chloe.sees(/Your score is safe/);
  await Chloe.sendBlind(right[1]);
  await inspect(Chloe.page, "play-reconnecting");
  cable.mend();
  await Chloe.sees("Answer locked in");
  Chloe.watch.expectsCuts = false;
  assertNothingLeaked(1);
  // The last answer of all who are connected closes the question.
  await Ben.sendBlind({ text: "no idea" });
  await revealed();
  await Chloe.sees("Correct!");
  await Ben.sees("Not this time");
  await inspect(host.page, "host-reveal-typed");
  await host.press("Show the board");
});

part("a late player is let into the open question", async () => {
  await openQuestion(2);
  const eve = await phone("Eve");
  await eve.join(pin);
  await eve.sees(quiz.questions[2].prompt);
  await inspect(eve.page, "play-numeric");
  await eve.answer({ number: "407" });
  for (const name of ["Ada", "Ben"]) await players[name].answer(right[2]);
  assertNothingLeaked(2);
  await players.Chloe.sendBlind(right[2]);
  await revealed();
  await inspect(host.page, "host-reveal-numeric");
  await host.press("Show the board");
});

part("a crash of the server in mid-question loses nothing", async () => {
  const { Ada, Ben, Chloe, Eve } = players;
  await openQuestion(3);
  await inspect(Ada.page, "play-multiple-choice");
  await Ada.answer(right[3]);
  await Eve.answer({ choices: ["9"] });
  // Dan's page, too: it may ask once more, and a server that starts says 503.
  const everybody = [host, ...Object.values(players)];
  for (const { watch } of everybody) watch.expectsCuts = true;
  await server.crashAndRestart();
  await Ada.sees("Answer locked in");
  await Ben.answer(right[3]);
  assertNothingLeaked(3);
  await Chloe.sendBlind(right[3]);
  for (const { watch } of everybody) watch.expectsCuts = false;
  await revealed();
  for (const { name } of [Ada, Ben, Chloe]) await players[name].sees("Correct!");
  await host.press("Show the board");
});

part("after a pause and a reload of the projector the game goes on to the podium", async () => {
  const { Ada } = players;
  await openQuestion(LAST);
  await inspect(Ada.page, "play-ordering");
  await host.page.keyboard.press("p");
  await Ada.sees("The game is paused");
  await inspect(Ada.page, "play-paused");
  await inspect(host.page, "host-paused");
  await host.press("Go on");
  await host.page.reload();
  await host.sees(quiz.questions[LAST].prompt);
  await Ada.answer(right[LAST]);
  assertNothingLeaked(LAST);
  for (const name of ["Ben", "Chloe", "Eve"]) await players[name].sendBlind(right[LAST]);
  await revealed();
  await inspect(host.page, "host-reveal-ordering");
  await host.press("Show the winners");
  await host.sees("The winners");
  await inspect(host.page, "host-podium");
  await Ada.sees(/You won, Ada!/);
  await inspect(Ada.page, "play-podium");
});

part("screen, report and replay agree on every score", async () => {
  const shown = {};
  for (const player of playing()) shown[player.name] = await player.score();
  await host.press("Finish the game");
  await host.sees("The game is over");
  await inspect(host.page, "host-ended");
  await players.Ada.sees("The game is over");
  await inspect(players.Ada.page, "play-ended");

  const report = await api.get(`/api/v1/games/${game}/report`);
  const reported = report.participants.filter(({ kicked }) => !kicked);
  assert.deepEqual(Object.fromEntries(reported.map(({ nickname, score }) => [nickname, score])), shown);
  assert.deepEqual(report.participants.filter(({ kicked }) => kicked).map(({ nickname }) => nickname), ["Dan"]);
  for (const { nickname, score, answers } of reported.filter(({ late }) => !late)) {
    const sum = answers.reduce((total, { points }) => total + points, 0);
    assert.equal(score, sum, `${nickname}'s score is the sum of the points`);
  }
  const replay = await api.get(`/api/v1/games/${game}/replay`);
  assert.deepEqual(replay.differences, []);
  assert.equal(replay.equal, true);
});

part("the report shows what was played", async () => {
  await host.page.getByRole("link", { name: "See the report" }).click();
  await host.sees("Mean score");
  await inspect(host.page, "report-projector");
  await host.page.setViewportSize(PHONE);
  await inspect(host.page, "report-phone");
});

part("the teacher's other pages hold on a phone and on a big screen", async () => {
  const { items } = await api.get("/api/v1/quizzes");
  const pages = { signin: "/signin", editor: `/library/${items[0].id}`, api: "/developers/api", "not-found": "/nowhere" };
  for (const [name, path] of Object.entries(pages)) {
    for (const [size, viewport] of Object.entries({ phone: PHONE, projector: PROJECTOR })) {
      await host.page.setViewportSize(viewport);
      await host.page.goto(server.address + path);
      await host.page.waitForLoadState("networkidle");
      await inspect(host.page, `${name}-${size}`);
    }
  }
});

part("no solution reached a player before its reveal", () => {
  for (const { name, watch } of Object.values(players)) {
    assert.ok(name === "Dan" || watch.has(canaries.at(-1)).length > 0, `${name}'s record reaches to the last reveal`);
    assert.deepEqual(watch.early(canaries), [], `${name} received this too early`);
  }
});

part("no page asked a third party or complained", () => {
  for (const { watch } of [host, ...Object.values(players)]) {
    assert.deepEqual(watch.foreign, [], `${watch.name} asked a third party`);
    assert.deepEqual(watch.complaints, [], `${watch.name} complained`);
  }
});

part("the server stops when asked", async () => {
  assert.equal(await server.stop(), 0);
});
