/**
 * Standard MIDI files (RP-001, format 0) with one instrument and drums; a tick is a millisecond.
 * @module
 */

/** A note. */
export interface Note {
  readonly startSec: number;
  readonly endSec: number;
  /** MIDI key, 60 = middle C; of drums the General MIDI number. */
  readonly key: number;
  /** 1 to 127. */
  readonly velocity: number;
  readonly isDrum: boolean;
}

/** Ticks a quarter note: at 120 a minute, where nothing else is said, a tick is a millisecond. */
const TICKS = 500;
const DRUM_CHANNEL = 9;

/**
 * Writes notes as a MIDI file.
 * @param program General MIDI instrument, 0 to 127
 * @param lengthSec the file lasts at least so long
 */
export function writeMidi(notes: readonly Note[], program: number, lengthSec: number): Uint8Array {
  const events = notes.flatMap(({ startSec, endSec, key, velocity, isDrum }) => {
    const channel = isDrum ? DRUM_CHANNEL : 0;
    return [
      { tick: Math.round(1000 * startSec), bytes: [0x90 | channel, key, velocity] },
      { tick: Math.round(1000 * endSec), bytes: [0x80 | channel, key, 0] },
    ];
  });
  // What ends comes before what begins at the same time.
  events.sort((a, b) => a.tick - b.tick || a.bytes[0]! - b.bytes[0]!);
  events.push({ tick: Math.round(1000 * lengthSec), bytes: [0xff, 0x2f, 0] });
  const track = [0, 0xc0, program];
  let last = 0;
  for (const { tick, bytes } of events) {
    track.push(...variableLength(Math.max(0, tick - last)), ...bytes);
    last = Math.max(last, tick);
  }
  return Uint8Array.from([
    ...chunk('MThd', [0, 0, 0, 1, TICKS >> 8, TICKS & 255]),
    ...chunk('MTrk', track),
  ]);
}

function chunk(name: string, content: readonly number[]): number[] {
  const size = content.length;
  const head = [...name].map((letter) => letter.charCodeAt(0));
  return [...head, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255, ...content];
}

/** Seven bits a byte, the highest bit says that more follow. */
function variableLength(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
}
