import { useEffect, useRef } from "react";
import { LETTERS } from "../answers/alphabet";
import styles from "./host.module.css";

const PIECES = 160;
const LENGTH_MS = 4_000;
/** Pixels per square second, for a canvas 1,000 px high; scaled with the real height. */
const GRAVITY = 420;

interface Piece {
  x: number;
  y: number;
  vx: number;
  vy: number;
  turn: number;
  spin: number;
  size: number;
  color: string;
}

/** Paper in the colours of the answers, once; nothing at all where less motion is wanted. */
export function Confetti() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const width = (canvas.current.width = window.innerWidth);
    const height = (canvas.current.height = window.innerHeight);
    const style = getComputedStyle(document.documentElement);
    const colors = LETTERS.map((letter) => style.getPropertyValue(`--answer-${letter.toLowerCase()}`));
    const scale = height / 1000;
    const pieces = Array.from({ length: PIECES }, (_, index) => launch(index, width, height, scale, colors));
    const start = performance.now();
    let before = start;
    let frame = requestAnimationFrame(draw);

    function draw(now: number): void {
      if (!context) return;
      const dt = Math.min(0.05, (now - before) / 1000);
      before = now;
      context.clearRect(0, 0, width, height);
      context.globalAlpha = Math.min(1, Math.max(0, (LENGTH_MS - (now - start)) / 800));
      for (const piece of pieces) {
        piece.vy += GRAVITY * scale * dt;
        piece.vx *= 1 - 0.6 * dt;
        piece.x += piece.vx * dt;
        piece.y += piece.vy * dt;
        piece.turn += piece.spin * dt;
        context.save();
        context.translate(piece.x, piece.y);
        context.rotate(piece.turn);
        context.fillStyle = piece.color;
        context.fillRect(-piece.size / 2, -piece.size / 4, piece.size, piece.size / 2);
        context.restore();
      }
      if (now - start < LENGTH_MS) frame = requestAnimationFrame(draw);
      else context.clearRect(0, 0, width, height);
    }
    return () => cancelAnimationFrame(frame);
  }, []);
  return <canvas ref={canvas} className={styles.confetti} aria-hidden="true" />;
}

/** Two fountains from the lower corners. */
function launch(index: number, width: number, height: number, scale: number, colors: string[]): Piece {
  const left = index % 2 === 0;
  const speed = (500 + Math.random() * 550) * scale;
  const angle = (55 + Math.random() * 30) * (Math.PI / 180);
  return {
    x: left ? 0 : width,
    y: height,
    vx: Math.cos(angle) * speed * (left ? 1 : -1) * (width / height),
    vy: -Math.sin(angle) * speed,
    turn: Math.random() * Math.PI,
    spin: (Math.random() - 0.5) * 12,
    size: (10 + Math.random() * 12) * scale,
    color: colors[index % colors.length] ?? "#e69f00",
  };
}
