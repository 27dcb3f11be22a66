import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CandleSeries } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { type CandleFileOptions, readCandleFile } from './read-candle-file.js';

const HEADER = 'date,open,high,low,close,volume';
const [hours, days] = (['1h', '1d'] as const).map(
  (interval): CandleSeries =>
    simulateMarket({
      symbol: 'BTCUSDT',
      interval,
      rowCount: 60,
      seed: 3,
      firstOpenTimeMs: Date.UTC(2024, 0, 1),
      plantedR2: 0,
    }).series,
);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-kinds-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string, options: CandleFileOptions = {}, name = 'BTCUSDT.csv') {
  const path = join(folder, name);
  await writeFile(path, text);
  return readCandleFile(path, options);
}

async function refusal(text: string, options?: CandleFileOptions) {
  return read(text, options).then(
    () => undefined,
    (error) => error,
  );
}

type Cells = (series: CandleSeries, row: number) => (string | number)[];

const pricesOf: Cells = ({ open, high, low, close, volume }, row) => [
  open[row],
  high[row],
  low[row],
  close[row],
  volume[row],
];

/** A file of lines, each of the cells of a row. */
function fileOf(series: CandleSeries, header: string, cells: Cells, delimiter = ','): string {
  const lines = Array.from(series.openTimeMs, (_, row) => cells(series, row).join(delimiter));
  return [...(header === '' ? [] : [header]), ...lines, ''].join('\n');
}

/** `2024-01-31T13:05:09.000Z` in parts. */
function partsOf(timeMs: number) {
  const [, y, m, d, H, M, S] = /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(new Date(timeMs).toISOString())!;
  const h12 = String(Number(H) % 12 || 12).padStart(2, '0');
  return { y, m, d, H, M, S, h12, half: Number(H) < 12 ? 'AM' : 'PM' };
}
type Parts = ReturnType<typeof partsOf>;

const timed =
  (write: (parts: Parts, timeMs: number) => string): Cells =>
  (series, row) => [write(partsOf(series.openTimeMs[row]), series.openTimeMs[row]), ...pricesOf(series, row)];

const offsetText = (ms: number, write: (parts: Parts) => string) => write(partsOf(ms + 7_200_000));

test.each<[string, (parts: Parts, timeMs: number) => string]>([
  ['31.12.2024 13:00', ({ d, m, y, H, M }) => `${d}.${m}.${y} ${H}:${M}`],
  ['31.12.2024 13:00:00', ({ d, m, y, H, M, S }) => `${d}.${m}.${y} ${H}:${M}:${S}`],
  ['31.12.2024 13:00:00.000', ({ d, m, y, H, M, S }) => `${d}.${m}.${y} ${H}:${M}:${S}.000`],
  [
    '31.12.2024 13:00:00.000 GMT+0200',
    (_, ms) => offsetText(ms, ({ d, m, y, H, M, S }) => `${d}.${m}.${y} ${H}:${M}:${S}.000 GMT+0200`),
  ],
  ['2024.12.31 13:00', ({ d, m, y, H, M }) => `${y}.${m}.${d} ${H}:${M}`],
  ['2024/12/31 13:00', ({ d, m, y, H, M }) => `${y}/${m}/${d} ${H}:${M}`],
  ['20241231 130000', ({ d, m, y, H, M, S }) => `${y}${m}${d} ${H}${M}${S}`],
  ['20241231 1300', ({ d, m, y, H, M }) => `${y}${m}${d} ${H}${M}`],
  ['20241231130000', ({ d, m, y, H, M, S }) => `${y}${m}${d}${H}${M}${S}`],
  ['2024-12-31 01:00:00 PM', ({ d, m, y, h12, M, S, half }) => `${y}-${m}-${d} ${h12}:${M}:${S} ${half}`],
  ['2024-12-31 01-PM', ({ d, m, y, h12, half }) => `${y}-${m}-${d} ${h12}-${half}`],
  ['2024-12-31 13:00:00 UTC', ({ d, m, y, H, M, S }) => `${y}-${m}-${d} ${H}:${M}:${S} UTC`],
  ['2024-12-31 13:00:00 GMT', ({ d, m, y, H, M, S }) => `${y}-${m}-${d} ${H}:${M}:${S} GMT`],
  [
    '2024-12-31 13:00:00 +02:00',
    (_, ms) => offsetText(ms, ({ d, m, y, H, M, S }) => `${y}-${m}-${d} ${H}:${M}:${S} +02:00`),
  ],
  ['12/31/2024 13:00', ({ d, m, y, H, M }) => `${Number(m)}/${Number(d)}/${y} ${Number(H)}:${M}`],
  ['31/12/2024 13:00', ({ d, m, y, H, M }) => `${d}/${m}/${y} ${H}:${M}`],
  ['31-12-2024 13:00', ({ d, m, y, H, M }) => `${d}-${m}-${y} ${H}:${M}`],
  ['12/31/2024 1:00 PM', ({ d, m, y, h12, M, half }) => `${m}/${d}/${y} ${h12}:${M} ${half}`],
  ['45657.541667', (_, ms) => (ms / 86_400_000 + 25_569).toFixed(6)],
  ['45657.5417', (_, ms) => (ms / 86_400_000 + 25_569).toFixed(4)],
])('reads hours written as %s', async (_, write) => {
  // Three weeks, so that there is a 13th day.
  const long = simulateMarket({ ...hours, rowCount: 500, seed: 3, firstOpenTimeMs: hours.openTimeMs[0], plantedR2: 0 });
  expect((await read(fileOf(long.series, HEADER, timed(write)))).series).toEqual(long.series);
});

test.each<[string, (parts: Parts, timeMs: number) => string]>([
  ['20241231', ({ d, m, y }) => `${y}${m}${d}`],
  ['31.12.2024', ({ d, m, y }) => `${d}.${m}.${y}`],
  ['12/31/2024', ({ d, m, y }) => `${m}/${d}/${y}`],
  ['45657', (_, ms) => String(ms / 86_400_000 + 25_569)],
])('reads days written as %s', async (_, write) => {
  expect((await read(fileOf(days, HEADER, timed(write)))).series).toEqual(days);
});

test("reads months by their names, and a spreadsheet's days with decimal commas", async () => {
  const months = ['Jan', 'Feb', 'Mar'];
  const named = timed(({ d, m, y }) => `"${months[Number(m) - 1]} ${d}, ${y}"`);
  expect((await read(fileOf(days, HEADER, named))).series).toEqual(days);
  const withComma = (value: number | string) => String(value).replace('.', ',');
  const serial: Cells = (series, row) =>
    [(series.openTimeMs[row] / 86_400_000 + 25_569).toFixed(6), ...pricesOf(series, row)].map(withComma);
  expect((await read(fileOf(hours, HEADER.replaceAll(',', ';'), serial, ';'))).series).toEqual(hours);
});

test('takes a day that can be a month for what makes the candles regular, and refuses it where both do', async () => {
  const slashed = timed(({ d, m, y, H, M }) => `${d}/${m}/${y} ${H}:${M}`);
  const found = await read(fileOf(hours, HEADER, slashed));
  expect(found.series).toEqual(hours);
  expect(found.notices).toContain('the dates were read as day/month/year');
  const oneDay = fileOf(hours, HEADER, slashed).split('\n').slice(25, 49);
  const error = await refusal([HEADER, ...oneDay, ''].join('\n'));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('2024-01-02 as day/month/year, 2024-02-01 as month/day/year');
  const withGap = oneDay.with(0, oneDay[0].replace(/^[^,]+/, ''));
  expect((await refusal([HEADER, ...withGap, ''].join('\n'))).message).toBe(error.message);
  // A day that is its own month has one reading.
  const sameDay = fileOf(hours, HEADER, slashed).split('\n').slice(1, 25);
  expect((await read([HEADER, ...sameDay, ''].join('\n'))).series.openTimeMs).toEqual(hours.openTimeMs.slice(0, 24));
});

test('reads dates and clocks in two columns, with a header and as MetaTrader writes them without one', async () => {
  const apart: Cells = (series, row) => {
    const { y, m, d, H, M } = partsOf(series.openTimeMs[row]);
    return [`${y}.${m}.${d}`, `${H}:${M}`, ...pricesOf(series, row)];
  };
  expect((await read(fileOf(hours, 'Date,Time,Open,High,Low,Close,Volume', apart))).series).toEqual(hours);
  const bare = await read(fileOf(hours, '', apart));
  expect(bare.series).toEqual(hours);
  expect(bare.notices).toEqual([expect.stringContaining("tick_volume, MetaTrader's count of price changes")]);
  const compact: Cells = (series, row) => {
    const { y, m, d, H, M, S } = partsOf(series.openTimeMs[row]);
    return [y + m + d, H + M + S, ...pricesOf(series, row)];
  };
  const stooq = '<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>';
  expect((await read(fileOf(hours, stooq, compact))).series).toEqual(hours);
});

test('reads clocks that lost the zeros in front, and refuses numbers that may be hours or minutes', async () => {
  const clocked =
    (clockOf: (hour: number) => number | string): Cells =>
    (series, row) => {
      const { y, m, d, H } = partsOf(series.openTimeMs[row]);
      return [`${y}-${m}-${d}`, clockOf(Number(H)), ...pricesOf(series, row)];
    };
  const header = (name: string) => `date,${name},open,high,low,close,volume`;
  for (const [name, clockOf] of [
    ['hour', (hour: number) => hour],
    ['Hour', (hour: number) => String(hour).padStart(2, '0')],
    ['time', (hour: number) => 100 * hour],
    ['clock', (hour: number) => 10_000 * hour],
  ] as const) {
    const { series, ignoredColumns } = await read(fileOf(hours, header(name), clocked(clockOf)));
    expect([series, ignoredColumns]).toEqual([hours, []]);
  }
  // From ten o'clock on: the first rows are written in full.
  const late = fileOf(
    hours,
    header('time'),
    clocked((hour) => 100 * hour),
  ).split('\n');
  expect((await read([late[0], ...late.slice(11)].join('\n'))).series.openTimeMs).toEqual(hours.openTimeMs.slice(10));
  for (const factor of [1, 100]) {
    expect(
      await refusal(
        fileOf(
          hours,
          header('hour'),
          clocked((hour) => factor * (hour + 1)),
        ),
      ),
    ).toMatchObject({
      code: 'CANDLE_VALUE_INVALID',
      message: `BTCUSDT.csv: its column "hour" beside the date holds numbers up to ${24 * factor}, which are neither hours (0 to 23) nor clocks (0 to 2359, 0 to 235959)`,
      hint: 'write the time beside the date as 13:00',
    });
  }
  // Beside a time of its own an hour is a number like others.
  const own: Cells = (series, row) => [series.openTimeMs[row], ...clocked((hour) => hour)(series, row)];
  const { series } = await read(fileOf(hours, `open_time,${header('hour')}`, own));
  expect(Object.keys(series.extras)).toEqual(['hour']);
});

test("takes MetaTrader 5's ticks for the volume only where there is no other", async () => {
  const header = '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>';
  const cells =
    (volumeOf: (volume: number) => number): Cells =>
    (series, row) => {
      const { y, m, d, H, M, S } = partsOf(series.openTimeMs[row]);
      const [open, high, low, close, volume] = pricesOf(series, row);
      return [`${y}.${m}.${d}`, `${H}:${M}:${S}`, open, high, low, close, 100 + row, volumeOf(Number(volume)), 10];
    };
  const traded = await read(
    fileOf(
      hours,
      header,
      cells((volume) => volume),
      '\t',
    ),
  );
  expect(traded.series.volume).toEqual(hours.volume);
  expect(traded.notices).toEqual([]);
  const ticks = await read(
    fileOf(
      hours,
      header,
      cells(() => 0),
      '\t',
    ),
  );
  expect(ticks.series.volume).toEqual(Float64Array.from(hours.volume, (_, row) => 100 + row));
  expect(ticks.series.close).toEqual(hours.close);
  expect(ticks.notices).toEqual([expect.stringContaining('TICKVOL')]);
});

test('takes the time at which a candle opened where the file has that of its close as well', async () => {
  const iso = (ms: number) => `"${new Date(ms).toISOString()}"`;
  const cells: Cells = (series, row) => {
    const ms = series.openTimeMs[row];
    return [
      iso(ms),
      iso(ms + 86_399_999),
      iso(ms + 5),
      iso(ms + 7),
      '"2781"',
      ...pricesOf(series, row),
      1,
      iso(ms + 86_399_999),
    ];
  };
  const header = '\ufefftimeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp';
  const lines = fileOf(days, header, cells, ';').trimEnd().split('\n');
  const { series, notices } = await read([lines[0], ...lines.slice(1).reverse(), ''].join('\n'));
  expect(series).toEqual({ ...days, extras: { marketCap: new Float64Array(60).fill(1) } });
  expect(notices).toContain('the time was taken from timeOpen, not from timestamp');
});

test('reads three lines of header, with the symbol that stands in them', async () => {
  const cells: Cells = ({ openTimeMs, open, high, low, close, volume }, row) => [
    new Date(openTimeMs[row]).toISOString().slice(0, 10),
    close[row],
    high[row],
    low[row],
    open[row],
    volume[row],
  ];
  const header = ['Price,Close,High,Low,Open,Volume', `Ticker${',BTC-USD'.repeat(5)}`, 'Date,,,,,'].join('\n');
  const result = await read(fileOf(days, header, cells), {}, 'download.csv');
  expect(result.series).toEqual({ ...days, symbol: 'BTCUSD' });
  const two = header.replace('BTC-USD,BTC-USD,BTC', 'BTC-USD,BTC-USD,ETH');
  expect((await refusal(fileOf(days, two, cells))).message).toContain('candles of several symbols: BTC-USD, ETH-USD');
});

test('leaves out rows of a missing candle, and refuses a row of which only a part is missing', async () => {
  const header = 'Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price';
  const cells =
    (isEmpty: (row: number) => boolean, empty: string): Cells =>
    (series, row) => [
      series.openTimeMs[row] / 1000,
      ...(isEmpty(row)
        ? Array(7).fill(empty)
        : [...pricesOf(series, row), series.volume[row] * series.close[row], series.close[row]]),
    ];
  for (const empty of ['NaN', '']) {
    const text = fileOf(
      hours,
      header,
      cells((row) => row % 10 === 5 || row > 50, empty),
    );
    const { series, notices, faults } = await read(`${text},,,,,,,\n`);
    const kept = Array.from(hours.openTimeMs.keys()).filter((row) => row % 10 !== 5 && row <= 50);
    expect(series.openTimeMs).toEqual(Float64Array.from(kept, (row) => hours.openTimeMs[row]));
    expect(series.volume).toEqual(Float64Array.from(kept, (row) => hours.volume[row]));
    expect(Object.keys(series.extras)).toEqual(['Volume_(Currency)', 'Weighted_Price']);
    expect(notices).toContain('rows without any value, which are missing candles, were left out: 15');
    expect(faults.rejected).toEqual([]);
  }
  const partly = fileOf(
    hours,
    header,
    cells(() => false, ''),
  ).replace(/^(.*:?1704081600,)[^,]*/m, '$1');
  expect((await refusal(partly)).message).toContain('1 row is not a candle: line 6: expected a number as open, was ""');
});

test('does not mind a name that stands twice where it is not needed', async () => {
  const twice: Cells = (series, row) => [series.openTimeMs[row], ...pricesOf(series, row), 1, 2];
  const { series, notices } = await read(fileOf(hours, `${HEADER},Plot,Plot`, twice));
  expect(series).toEqual(hours);
  expect(notices).toEqual(['columns whose name stands twice were left out: Plot']);
  const error = await refusal(fileOf(hours, `${HEADER},Close,Plot`, twice));
  expect(error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
  expect(error.message).toContain('the column "Close" stands twice');
});

test('refuses times that a spreadsheet has shortened, by what they are', async () => {
  const short: Cells = (series, row) => [
    series.openTimeMs[row].toExponential(5).replace('e', 'E'),
    ...pricesOf(series, row),
  ];
  const error = await refusal(fileOf(hours, HEADER, short));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('are Excel numbers that have lost their digits, such as 1.70407E+12');
  expect(error.hint).toContain('as text, and export the file again');
  const whole: Cells = (series, row) => [series.openTimeMs[row].toExponential(), ...pricesOf(series, row)];
  expect((await read(fileOf(hours, HEADER, whole))).series).toEqual(hours);
});

test('refuses local time without an offset, and the names of zones, until the zone is named', async () => {
  const plain = timed(({ d, m, y, H, M }) => `${d}.${m}.${y} ${H}:${M}`);
  const error = await refusal(fileOf(hours, HEADER.replace('date', 'Local time'), plain));
  expect(error.message).toContain('its column "Local time" is of local time, without an offset');
  const named = timed(({ d, m, y, H, M, S }) => `${y}-${m}-${d} ${H}:${M}:${S} IST`);
  expect((await refusal(fileOf(hours, HEADER, named))).message).toContain(
    'its times say IST, of which there are several',
  );
});

/** What a clock in Berlin shows: two hours ahead from the end of March to that of October. */
function berlinParts(timeMs: number): Parts {
  const isSummer = timeMs >= Date.UTC(2024, 2, 31, 1) && timeMs < Date.UTC(2024, 9, 27, 1);
  return partsOf(timeMs + (isSummer ? 2 : 1) * 3_600_000);
}

const inBerlin: Cells = (series, row) => {
  const { y, m, d, H, M } = berlinParts(series.openTimeMs[row]);
  return [`${y}-${m}-${d} ${H}:${M}`, ...pricesOf(series, row)];
};

/** Hours around the end of March, or of October. */
function hoursFrom(firstOpenTimeMs: number): CandleSeries {
  const options = { symbol: 'BTCUSDT', interval: '1h', rowCount: 100, seed: 4, plantedR2: 0 } as const;
  return simulateMarket({ ...options, firstOpenTimeMs }).series;
}

test('reads times of a zone, across both changes of its clock and from either end', async () => {
  for (const series of [hoursFrom(Date.UTC(2024, 2, 30)), hoursFrom(Date.UTC(2024, 9, 26))]) {
    const [header, ...lines] = fileOf(series, HEADER, inBerlin).trimEnd().split('\n');
    for (const rows of [lines, lines.toReversed()]) {
      const found = await read([header, ...rows, ''].join('\n'), { timeZone: 'Europe/Berlin' });
      expect(found.series).toEqual(series);
      expect(found.notices).toContain('the times were read as those of Europe/Berlin');
    }
  }
});

test("reads a zone's name behind a time, and a spreadsheet's days, as its clock", async () => {
  const series = hoursFrom(Date.UTC(2024, 9, 26));
  const options = { timeZone: 'Europe/Berlin' };
  const named: Cells = (_, row) => {
    const [time, ...prices] = inBerlin(series, row);
    return [`${time}:00 ${series.openTimeMs[row] < Date.UTC(2024, 9, 27, 1) ? 'CEST' : 'CET'}`, ...prices];
  };
  expect((await read(fileOf(series, HEADER, named), options)).series).toEqual(series);
  const serial: Cells = (_, row) => {
    const { y, m, d, H } = berlinParts(series.openTimeMs[row]);
    const wallMs = Date.UTC(Number(y), Number(m) - 1, Number(d), Number(H));
    return [(wallMs / 86_400_000 + 25_569).toFixed(6), ...pricesOf(series, row)];
  };
  expect((await read(fileOf(series, HEADER, serial), options)).series).toEqual(series);
});

test('refuses an hour that the clock of the zone left out', async () => {
  const error = await refusal(
    fileOf(
      hoursFrom(Date.UTC(2024, 2, 30)),
      HEADER,
      timed(({ y, m, d, H, M }) => `${y}-${m}-${d} ${H}:${M}`),
    ),
    {
      timeZone: 'Europe/Berlin',
    },
  );
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('1 of its times never were in Europe/Berlin');
  expect(error.message).toContain('2024-03-31 02:00:00 (line 28)');
});

test('leaves out a candle of the hour that stands twice when nothing tells which it is of', async () => {
  const series = hoursFrom(Date.UTC(2024, 9, 26));
  const lines = fileOf(series, HEADER, inBerlin).split('\n');
  const found = await read([...lines.slice(0, 26), ...lines.slice(27)].join('\n'), { timeZone: 'Europe/Berlin' });
  expect(found.series.openTimeMs).toEqual(series.openTimeMs.filter((_, row) => row !== 24 && row !== 25));
  expect(found.notices).toContain(
    'rows left out because their hour stands twice in Europe/Berlin and nothing tells which it is: 1, the first 2024-10-27 02:00:00 (line 26)',
  );
});

test('says that a zone changes nothing where the times are of UTC by themselves, and refuses a mixture', async () => {
  const options = { timeZone: 'Europe/Berlin' };
  const expected = 'the times of the file are of UTC by themselves, so that the zone Europe/Berlin changes nothing';
  const offset = timed((_, ms) => offsetText(ms, ({ y, m, d, H, M }) => `${y}-${m}-${d}T${H}:${M}:00+02:00`));
  const epoch = timed((_, ms) => String(ms));
  const gmt = timed(({ y, m, d, H, M }) => `${d}.${m}.${y} ${H}:${M}:00.000`);
  for (const [header, cells] of [
    [HEADER, offset],
    [HEADER, epoch],
    [HEADER.replace('date', 'Gmt time'), gmt],
  ] as const) {
    const found = await read(fileOf(hours, header, cells), options);
    expect(found.series).toEqual(hours);
    expect(found.notices).toEqual([expected]);
  }
  const mixed = fileOf(hours, HEADER, offset).replace('+02:00', '');
  expect((await refusal(mixed, options)).message).toContain('59 of its times tell their offset from UTC and 1 do not');
});

test('refuses a zone that there is not', async () => {
  for (const timeZone of ['Mars/Olympus', '+02:00', '']) {
    const error = await refusal(fileOf(hours, HEADER, inBerlin), { timeZone });
    expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('Europe/Berlin') });
  }
});
