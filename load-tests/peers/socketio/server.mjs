// Socket.IO with its Redis adapter, set up as its documentation does: `node server.mjs <port> <redis port>`.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisPort] = process.argv.slice(2);

const publisher = createClient({ url: `redis://127.0.0.1:${redisPort}` });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

io.on("connection", (socket) => {
  socket.on("join", async (channels, joined) => {
    await socket.join(channels);
    joined();
  });
  // Whoever asks may publish: this is a server for load, on the loopback interface of one machine.
  socket.on("publish", (channel, data) => {
    io.to(channel).emit("message", data);
  });
});

http.listen(Number(port), "127.0.0.1", 4096);
