import { addDays, formatServiceDate, parseServiceDate, serviceDate } from '@campanella/vocabulary';
import type { FileFaultKind } from './faults.ts';

/** Where the count of days of a spreadsheet begins (its day 1 is 1 January 1900, and it believes in 29 February 1900). */
const SPREADSHEET_DAY_ZERO = serviceDate('1899-12-30');
/** Counts of days that can be meant as days of our time: 1927 to 2064. */
const SPREADSHEET_DAYS = /^[1-5]\d{4}$/;

const AMOUNT = /^(\d{1,6})(?:[.,](\d{1,2}))?$/;

export type CellFault = (column: string, kind: FileFaultKind, detail?: string) => void;

/** The cells of one row by the names of their columns; each reading notes what is wrong and goes on. */
export class Cells {
  readonly #values: ReadonlyMap<string, string>;
  readonly #fault: CellFault;

  constructor(values: ReadonlyMap<string, string>, fault: CellFault) {
    this.#values = values;
    this.#fault = fault;
  }

  /** Empty where the column is not there. */
  optional(column: string): string {
    return this.#values.get(column) ?? '';
  }

  text(column: string): string {
    const value = this.optional(column);
    if (value === '') this.#fault(column, 'missing_value');
    return value;
  }

  codiceFiscale(column: string): string {
    return this.text(column).toUpperCase().replaceAll(' ', '');
  }

  /** A code in capitals, which a spreadsheet may have taken for a number. */
  code(column: string): string {
    const value = this.text(column);
    if (/^\d[.,]?\d*E\+\d+$/i.test(value)) this.#fault(column, 'scientific_number');
    return value.toUpperCase();
  }

  /** So many digits, whose first may be zeros. */
  digits(column: string, length: number): string {
    const value = this.text(column);
    if (/^\d+$/.test(value) && value.length < length) this.#fault(column, 'lost_zeros');
    return value;
  }

  /** Year, month and day with hyphens; empty where it is faulty. */
  day(column: string): string {
    const value = this.text(column);
    return value === '' ? '' : this.#parseDay(column, value);
  }

  /** Empty for an open end. */
  lastDay(column: string): string {
    const value = this.optional(column);
    return value === '' ? '' : this.#parseDay(column, value);
  }

  #parseDay(column: string, value: string): string {
    const [, day, month, year] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$/.exec(value) ?? [];
    if (year?.length === 2) {
      this.#fault(column, 'two_digit_year');
      return '';
    }
    const text = year === undefined ? value : `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`;
    const parsed = parseServiceDate(text);
    if (parsed !== null) return parsed;
    if (SPREADSHEET_DAYS.test(value)) {
      this.#fault(column, 'spreadsheet_day', formatServiceDate(addDays(SPREADSHEET_DAY_ZERO, Number(value))));
    } else {
      this.#fault(column, 'not_a_day');
    }
    return '';
  }

  /** Integer euro cents of `5,20`, `5.2`, `5`; 0 where it is faulty. */
  amountCents(column: string, whenEmpty: number | null = null): number {
    const value = (whenEmpty === null ? this.text(column) : this.optional(column)).replace(/\s*€$/, '');
    if (value === '') return whenEmpty ?? 0;
    const [, euros, hundredths = ''] = AMOUNT.exec(value) ?? [];
    if (euros === undefined) {
      this.#fault(column, 'not_an_amount');
      return 0;
    }
    return Number(euros) * 100 + Number(hundredths.padEnd(2, '0'));
  }

  /** A whole number of 1 to 100; 1 where it is faulty. */
  percent(column: string, value: string): number {
    const percent = /^\d{1,3}$/.test(value) ? Number(value) : 0;
    if (percent >= 1 && percent <= 100) return percent;
    this.#fault(column, 'not_a_percentage');
    return 1;
  }

  /** A whole number between two; the smaller one where it is faulty. */
  whole(column: string, least: number, most: number): number {
    const value = this.text(column);
    const number = /^\d{1,6}$/.test(value) ? Number(value) : -1;
    if (number >= least && number <= most) return number;
    if (value !== '') this.#fault(column, 'not_a_number', `da ${least} a ${most}`);
    return least;
  }

  /** What several of the words mean, by commas or spaces, each once. */
  choices<Meaning>(column: string, words: Readonly<Record<string, Meaning>>): readonly Meaning[] {
    const told = this.optional(column)
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((word) => word !== '');
    const meanings = told.map((word) => Object.entries(words).find(([known]) => known === word)?.[1]);
    if (meanings.includes(undefined)) this.#fault(column, 'not_a_choice', Object.keys(words).join(', '));
    return [...new Set(meanings.filter((meaning) => meaning !== undefined))];
  }

  /** What one of the words means; an empty cell is the first. */
  choice<Meaning>(column: string, words: Readonly<Record<string, Meaning>>, value = this.optional(column)): Meaning {
    const entries = Object.entries(words);
    const [, meaning] = entries.find(([word]) => word === value.toLowerCase()) ?? [];
    const [first] = entries;
    if (first === undefined) throw new Error('a choice has words');
    if (meaning === undefined && value !== '') this.#fault(column, 'not_a_choice', Object.keys(words).join(' o '));
    return meaning ?? first[1];
  }

  /** Null where none of the columns has a value; a fault where only some have. */
  group<Value>(columns: readonly string[], read: () => Value): Value | null {
    const filled = columns.filter((column) => this.optional(column) !== '');
    if (filled.length === 0) return null;
    const [missing] = columns.filter((column) => this.optional(column) === '');
    if (missing === undefined) return read();
    this.#fault(missing, 'incomplete_group', columns.join(', '));
    return null;
  }
}
