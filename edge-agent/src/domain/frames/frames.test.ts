import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FORMAT_NAMES, FORMATS, type FormatName } from './formats.ts';
import { FRAME_BYTES_MAX, type FrameState, feed, justOpened, SILENCE_MS } from './frame-format.ts';
import { trackLrc } from './line-formats.ts';

const EM = '02 30 31 30 30 43 44 41 34 45 43 38 34 03';

/** Frames as the makers' sheets give them; the numbers are what each must read as. */
const WORKED: readonly (readonly [FormatName, string, string])[] = [
  ['rdm6300', EM, '0100CDA4EC'],
  ['rdm6300', '02 30 31 30 30 36 33 45 39 41 45 32 35 03', '010063E9AE'],
  ['rdm6300', '02 33 43 30 30 43 45 37 35 34 43 43 42 03', '3C00CE754C'],
  ['rdm6300', '02 30 31 30 30 31 32 39 33 44 38 35 38 03', '01001293D8'],
  ['rdm6300', '02 36 32 45 33 30 38 36 43 45 44 30 38 03', '62E3086CED'],
  ['rdm6300', '02 30 31 30 30 63 64 61 34 65 63 38 34 03', '0100CDA4EC'],
  ['em18', '34 35 30 30 43 35 44 31 45 39 42 38', '4500C5D1E9'],
  ['id12', '02 30 31 30 30 43 44 41 34 45 43 38 34 0D 0A 03', '0100CDA4EC'],
  ['em_plain', '02 35 30 30 30 38 43 30 38 39 31 0D 0A 03', '50008C0891'],
  ['decimal_lrc', '02 30 30 31 33 34 37 37 31 30 30 03 06', '0013477100'],
  ['binary_len', '02 0A 02 06 00 8E 6D 5D B0 03', '06008E6D5D'],
  ['line', '30 30 31 33 34 37 37 31 30 30 0D 0A', '0013477100'],
  ['line', '5D 43 30 4D 41 54 2D 30 30 34 37 31 31 0D', 'MAT-004711'],
  ['line', '02 4D 41 54 2D 30 30 34 37 31 31 03 09', 'MAT-004711'],
  ['wiegand', '44 34 31 42 38 31 0D', 'D41B81'],
  ['wiegand', '43 44 41 34 45 43 0D', 'CDA4EC'],
  ['wiegand', '38 39 44 34 31 42 38 31 0D 0A', '89D41B81'],
  ['wiegand', '30 30 31 33 34 37 37 31 30 30 0D 0A', '0013477100'],
  ['wiegand_reversed', '45 46 42 45 41 44 44 45 0D', 'DEADBEEF'],
  ['magstripe', '3B 30 30 30 30 31 32 33 34 35 3F 0D', '000012345'],
  ['magstripe', '3B 30 30 30 30 31 32 33 34 35 36 3D 34 39 31 32 31 32 33 34 3F 0D', '0000123456'],
  ['magstripe_lrc', '3B 30 30 30 30 31 32 33 34 35 3F 35 0D', '000012345'],
  ['magstripe_lrc', '3B 30 30 30 30 31 32 33 34 35 36 3D 34 39 31 32 31 32 33 34 3F 34 0D', '0000123456'],
  ['magstripe', '02 1B 25 45 3F 3B 30 30 30 30 31 32 33 34 35 36 3F 30 0D 03', '0000123456'],
  ['sl025', 'BD 08 01 00 DE AD BE EF 01 97', 'DEADBEEF'],
  ['sl025', 'BD 0B 01 00 04 A1 B2 C3 D4 E5 80 03 D1', '04A1B2C3D4E580'],
  ['aabb', 'AA BB 0A 00 00 00 02 02 00 04 AA 00 B2 C3 DF', '04AAB2C3'],
  ['pn532', '00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 DE AD BE EF 96 00', 'DEADBEEF'],
  ['pn532', '00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 A1 B2 C3 D4 E5 80 40 00', '04A1B2C3D4E580'],
];

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Feeds chunks that come without a silence between them, then a silence. */
function readAll(
  format: FormatName,
  chunks: readonly Uint8Array[],
  startMs = 1_000,
): { numbers: string[]; faults: string[] } {
  let state: FrameState = justOpened(FORMATS[format], 0);
  const numbers: string[] = [];
  const faults: string[] = [];
  const parts = [
    ...chunks.map((chunk, at) => ({ chunk, atMs: startMs + at })),
    { chunk: ascii(''), atMs: startMs + 10_000 },
  ];
  for (const { chunk, atMs } of parts) {
    const fed = feed(FORMATS[format], state, chunk, atMs);
    numbers.push(...fed.readings.map(({ number }) => number));
    faults.push(...fed.errors.map(({ kind }) => kind));
    state = fed.state;
  }
  return { numbers, faults };
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test('every format that can be configured has a worked frame here', () => {
  expect(new Set([...WORKED.map(([format]) => format), 'auto', 'line_silence'])).toEqual(new Set(FORMAT_NAMES));
  expect(new Set(FORMAT_NAMES)).toEqual(new Set(Object.keys(FORMATS)));
});

describe.each(WORKED)('%s %s', (format, frame, number) => {
  test('is read, alone and twice in one chunk', () => {
    expect(readAll(format, [bytes(frame)])).toEqual({ numbers: [number], faults: [] });
    const twice = readAll(format, [concat(bytes(frame), bytes(frame))]);
    expect(twice).toEqual({ numbers: format === 'em18' ? [number] : [number, number], faults: [] });
  });

  test('is read in single bytes', () => {
    expect(
      readAll(
        format,
        Array.from(bytes(frame), (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual({ numbers: [number], faults: [] });
  });

  test('is read under every split into three chunks of two frames and a half', () => {
    const stream = concat(bytes(frame), bytes(frame), bytes(frame).subarray(0, bytes(frame).length >> 1));
    const whole = readAll(format, [stream]);
    // Twelve digits without a mark cannot be told from a part of them: a half frame spoils what it touches.
    expect(whole.numbers.slice(0, 2)).toEqual(format === 'em18' ? [] : [number, number]);
    for (let first = 0; first <= stream.length; first += 1) {
      for (let second = first; second <= stream.length; second += 1) {
        const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        expect(readAll(format, chunks).numbers).toEqual(whole.numbers);
      }
    }
  });

  test('is read after a cut frame and a silence', () => {
    const whole = bytes(frame);
    for (let cut = 1; cut < whole.length - 1; cut += 1) {
      const first = feed(FORMATS[format], justOpened(FORMATS[format], 0), whole.subarray(0, cut), 1_000);
      const second = feed(FORMATS[format], first.state, whole, 1_000 + SILENCE_MS);
      const third = feed(FORMATS[format], second.state, ascii(''), 2_000);
      expect([...second.readings, ...third.readings].map((reading) => reading.number)).toEqual([number]);
    }
  });
});

describe('the STX families', () => {
  const stx = WORKED.filter(([format]) =>
    ['rdm6300', 'id12', 'em_plain', 'decimal_lrc', 'binary_len'].includes(format),
  );

  test.each(stx)('%s %s is told by its characters under auto', (_format, frame, number) => {
    expect(readAll('auto', [bytes(frame)])).toEqual({ numbers: [number], faults: [] });
  });

  test('all of them one after the other under auto', () => {
    const stream = concat(...stx.map(([, frame]) => bytes(frame)));
    expect(readAll('auto', [stream])).toEqual({ numbers: stx.map(([, , number]) => number), faults: [] });
  });

  test('two families of the same length are not mixed up', () => {
    expect(readAll('rdm6300', [bytes('02 35 30 30 30 38 43 30 38 39 31 0D 0A 03')]).numbers).toEqual([]);
    expect(readAll('em_plain', [bytes(EM)]).numbers).toEqual([]);
  });

  test('the port opened in the middle of a frame gives the next one', () => {
    const frame = bytes(EM);
    for (let from = 1; from < frame.length; from += 1) {
      expect(readAll('auto', [concat(frame.subarray(from), frame)]).numbers).toEqual(['0100CDA4EC']);
    }
  });

  test('a second STX restarts the frame', () => {
    expect(readAll('rdm6300', [concat(bytes(EM).subarray(0, 7), bytes(EM))])).toEqual({
      numbers: ['0100CDA4EC'],
      faults: ['cut_frame'],
    });
  });

  test('a wrong check is a fault and no badge', () => {
    const wrong = bytes(EM);
    wrong[5] = 0x44;
    expect(readAll('rdm6300', [wrong, bytes(EM)])).toEqual({ numbers: ['0100CDA4EC'], faults: ['wrong_check'] });
  });

  test('a lost check byte does not swallow the next frame', () => {
    const frame = bytes('02 30 30 31 33 34 37 37 31 30 30 03 06');
    const stream = concat(frame.subarray(0, -1), frame);
    expect(readAll('decimal_lrc', [stream])).toEqual({ numbers: ['0013477100'], faults: ['wrong_check'] });
  });

  test('a check byte that is STX or ETX is one byte after ETX', () => {
    for (const wanted of [2, 3]) {
      // The digits are searched for a frame whose LRC has the wanted value.
      const digits = Array.from({ length: 10_000 }, (_value, at) => String(at).padStart(10, '0')).find(
        (text) =>
          [...concat(Uint8Array.of(2), ascii(text), Uint8Array.of(3))].reduce((sum, byte) => sum ^ byte) === wanted,
      );
      const frame = concat(Uint8Array.of(2), ascii(digits ?? ''), Uint8Array.of(3, wanted));
      expect(readAll('auto', [frame, frame])).toEqual({ numbers: [digits, digits], faults: [] });
    }
  });

  test('a binary frame may hold STX and ETX', () => {
    const body = [10, 2, 2, 3, 2, 10, 3];
    const frame = Uint8Array.from([2, ...body, body.reduce((sum, byte) => sum ^ byte), 3]);
    expect(readAll('auto', [frame, frame])).toEqual({ numbers: ['0203020A03', '0203020A03'], faults: [] });
  });
});

describe('EM-18, whose check every rotation passes', () => {
  const frame = '4500C5D1E9B8';

  test.each(Array.from(frame, (_digit, at) => at).slice(1))(
    'a held card read from its digit %i on gives no badge',
    (from) => {
      const rotated = frame.slice(from) + frame.slice(0, from);
      expect(readAll('em18', [ascii(frame.slice(from) + frame)])).toEqual({ numbers: [], faults: ['cut_frame'] });
      // Even a stream that was cut into what looks like whole frames, where the port was opened in the middle of it.
      const opened = justOpened(FORMATS.em18, 1_000);
      expect(feed(FORMATS.em18, opened, ascii(rotated), 1_005).errors).toEqual([{ kind: 'noise', bytes: 12 }]);
    },
  );

  test('a half frame and the whole one after it give no badge when they come together, and the next frame one', () => {
    const first = feed(FORMATS.em18, justOpened(FORMATS.em18, 0), ascii(frame.slice(0, 6) + frame), 1_000);
    const second = feed(FORMATS.em18, first.state, ascii(frame), 1_037);
    const third = feed(FORMATS.em18, second.state, ascii(''), 1_060);
    expect([first, second, third].map(({ readings }) => readings.length)).toEqual([0, 0, 1]);
  });

  test('a wrong check is a fault', () => {
    expect(readAll('em18', [ascii('4500C5D1E9B9')])).toEqual({ numbers: [], faults: ['wrong_check'] });
  });
});

describe.each(['line', 'wiegand'] as const)('%s, which has no mark at the start', (format) => {
  test('the port opened in the middle of a record does not make a badge of its tail', () => {
    const opened = justOpened(FORMATS[format], 1_000);
    const tail = feed(FORMATS[format], opened, ascii('D41B81\r'), 1_010);
    expect(tail.readings).toEqual([]);
    expect(feed(FORMATS[format], tail.state, ascii('89D41B81\r'), 1_010 + SILENCE_MS).readings).toHaveLength(1);
  });

  test('the tail of an endless record is no badge either', () => {
    expect(readAll(format, [ascii(`${'7'.repeat(100)}`), ascii('D41B81\r')]).numbers).toEqual([]);
    expect(readAll(format, [ascii(`${'7'.repeat(100)}D41B81\r`)]).numbers).toEqual([]);
  });
});

describe('readers that are asked', () => {
  test.each<[FormatName, string, string]>([
    ['sl025', 'BD 03 01 01 BE', 'no card'],
    ['aabb', 'AA BB 06 00 00 00 01 02 14 17', 'no card'],
    ['pn532', '00 00 FF 00 FF 00', 'ACK'],
    ['pn532', '00 00 FF FF 00 00', 'NACK'],
    ['pn532', '00 00 FF 02 FE D5 15 16 00', 'configured'],
    ['pn532', '00 00 FF 03 FD D5 4B 00 E0 00', 'no target'],
  ])('%s %s (%s) is neither a badge nor a fault', (format, answer) => {
    expect(readAll(format, [bytes(answer), bytes(answer)])).toEqual({ numbers: [], faults: [] });
  });

  test.each([
    ['sl025', 'BD 08 01 00 DE AD BE EF 01 96', 'wrong_check'],
    ['sl025', 'BD 03 01 F0 4F', 'wrong_check'],
    ['aabb', 'AA BB 0A 00 00 00 02 02 00 04 AA 00 B2 C3 DE', 'wrong_check'],
    ['pn532', '00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 DE AD BE EF 97 00', 'wrong_check'],
    ['pn532', '00 00 FF 01 FF 7F 81 00', 'malformed'],
  ] as const)('%s %s is a fault', (format, answer, fault) => {
    const { numbers, faults } = readAll(format, [bytes(answer)]);
    expect({ numbers, first: faults[0] }).toEqual({ numbers: [], first: fault });
  });

  test('a UID that is random at every tap is no badge', () => {
    const sum = [0xd5, 0x4b, 1, 1, 0, 4, 8, 4, 0x08, 0xad, 0xbe, 0xef].reduce((total, byte) => total + byte, 0);
    const frame = bytes(`00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 08 AD BE EF ${(-sum & 0xff).toString(16)} 00`);
    expect(readAll('pn532', [frame])).toEqual({ numbers: [], faults: ['malformed'] });
  });

  test.each([
    ['sl025', 'xor'],
    ['pn532', 'sum'],
  ] as const)('the questions to a %s carry a right check', (format, kind) => {
    for (const question of FORMATS[format].poll?.questions ?? []) {
      const body = kind === 'xor' ? question : question.subarray(5, -1);
      const check = body.reduce((total, byte) => (kind === 'xor' ? total ^ byte : (total + byte) & 0xff), 0);
      expect(check).toBe(0);
    }
  });
});

describe('lines', () => {
  test('CR LF gives no empty record, and neither do lone ends', () => {
    expect(readAll('line', [ascii('\r\n\r\nMAT-1\r\n\n\rMAT-2\r')])).toEqual({
      numbers: ['MAT-1', 'MAT-2'],
      faults: [],
    });
  });

  test('without an end of line the silence ends the record', () => {
    expect(readAll('line_silence', [ascii('MAT-00'), ascii('4711')])).toEqual({ numbers: ['MAT-004711'], faults: [] });
  });

  test('a record that is no badge number is malformed, also with the top bit set as under a wrong parity', () => {
    expect(readAll('line', [ascii('not a badge\r')]).faults).toEqual(['malformed']);
    expect(readAll('line', [Uint8Array.of(0xb0, 0xb1, 0xb2, 0xb3, 0x0d)]).faults).toEqual(['malformed']);
  });

  test('a key of a Wiegand keypad is no badge and does not touch the next', () => {
    const key = feed(FORMATS.wiegand, justOpened(FORMATS.wiegand, 0), ascii('5'), 1_000);
    const card = feed(FORMATS.wiegand, key.state, ascii('CDA4EC\r'), 1_000 + SILENCE_MS);
    expect(card.readings.map(({ number }) => number)).toEqual(['CDA4EC']);
  });

  test.each(['CDA4E', 'CDA4EC1', '9999999999', 'ghijkl'])('%s is no Wiegand number', (text) => {
    expect(readAll('wiegand', [ascii(`${text}\r`)])).toEqual({ numbers: [], faults: ['malformed'] });
  });
});

describe('the magnetic stripe', () => {
  test.each([
    [';000012345?', '5'],
    [';0000123456=49121234?', '4'],
    [';1111222233334444=000300440009000330?', '3'],
  ])('the LRC of %s is %s', (track, lrc) => {
    expect(trackLrc(track)).toBe(lrc);
  });

  test('a wrong or missing LRC is refused where the reader sends one', () => {
    expect(readAll('magstripe_lrc', [ascii(';000012345?4\r')])).toEqual({ numbers: [], faults: ['wrong_check'] });
    expect(readAll('magstripe_lrc', [ascii(';000012345?\r')])).toEqual({ numbers: [], faults: ['wrong_check'] });
  });

  test.each([';E?\r', '%E?\r', '+E?\r'])('%s is a read error to show', (text) => {
    expect(readAll('magstripe', [ascii(text)])).toEqual({ numbers: [], faults: ['track_unreadable'] });
  });

  test('a payment card is refused, and nothing of it is kept', () => {
    const fed = feed(
      FORMATS.magstripe,
      justOpened(FORMATS.magstripe, 0),
      ascii(';4111111111111111=30121010000000000?\r'),
      1_000,
    );
    expect(fed.readings).toEqual([]);
    expect(fed.errors).toEqual([{ kind: 'payment_card', bytes: 37 }]);
    expect(JSON.stringify(fed)).not.toContain('4111');
  });
});

describe.each(FORMAT_NAMES)('%s under anything', (format) => {
  test('a stream that never ends a frame does not grow memory', () => {
    for (const filler of ['0', 'A', '\u0002', '\u00ff', '\u0000', ';']) {
      let state: FrameState = justOpened(FORMATS[format], 0);
      for (let round = 0; round < 200; round += 1) {
        state = feed(FORMATS[format], state, ascii(filler.repeat(500)), 1_000 + round).state;
        expect(state.rest.length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
        expect(state.rest.buffer.byteLength).toBeLessThanOrEqual(FRAME_BYTES_MAX);
      }
    }
  });

  test('any bytes in any chunks never throw, and every split reads the same', () => {
    const own = WORKED.filter(([name]) => name === format || format === 'auto').map(([, frame]) => bytes(frame));
    const piece = fc.oneof(fc.uint8Array({ maxLength: 20 }), ...own.map((frame) => fc.constant(frame)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 6 }), (pieces, cuts) => {
        const stream = concat(...pieces);
        const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        const chunks = edges.slice(1).map((edge, at) => stream.subarray(edges[at], edge));
        expect(readAll(format, chunks).numbers).toEqual(readAll(format, [stream]).numbers);
      }),
    );
  });
});

test('one damaged byte of an EM4100 frame never gives another badge', () => {
  const frame = bytes(EM);
  for (let at = 0; at < frame.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      const damaged = Uint8Array.from(frame);
      damaged[at] = value;
      for (const number of readAll('auto', [damaged]).numbers) expect(number).toBe('0100CDA4EC');
    }
  }
});
