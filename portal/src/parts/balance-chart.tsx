import { type BalancePoint, balanceLine } from '../domain/balance-line.ts';
import { formatDate } from '../domain/days.ts';
import { formatEuros } from '../domain/money.ts';
import { TEXTS } from '../texts.ts';

const BOX = { width: 600, height: 120 };
const { account: texts, search: searchTexts } = TEXTS;

interface BalanceChartProps {
  readonly from: string;
  readonly to: string;
  readonly openingCents: number;
  readonly points: readonly BalancePoint[];
}

/** The balance over the days of a search; its summary is read out, the movements are in the table below it. */
export function BalanceChart({ from, to, openingCents, points }: BalanceChartProps) {
  const line = balanceLine({ from, to }, openingCents, points, BOX);
  const closing = points.at(-1)?.balanceCents ?? openingCents;
  const [lowest, highest] = [formatEuros(line.lowestCents), formatEuros(line.highestCents)];
  return (
    <figure className="balance-chart">
      <figcaption>{texts.chart(searchTexts.period(formatDate(from), formatDate(to)))}</figcaption>
      <p className="scale" aria-hidden="true">
        {formatEuros(line.topCents)}
      </p>
      <svg
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={texts.chartSummary(formatEuros(openingCents), formatEuros(closing), lowest, highest)}
      >
        <path className="area" d={`${line.path}V${line.zeroY}H0Z`} />
        <path className="zero" d={`M0 ${line.zeroY}H${BOX.width}`} />
        <path className="line" d={line.path} />
      </svg>
      <p className="scale" aria-hidden="true">
        {formatEuros(line.bottomCents)}
      </p>
    </figure>
  );
}
