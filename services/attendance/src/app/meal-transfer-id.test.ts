import { id, numberId, serviceCode, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { v5 } from 'uuid';
import { clashingSwipeId, mealTransferId } from './meal-transfer-id.ts';

const NAMESPACE = '8f0d1f0a-6a3b-5d0c-9b6e-2f1c7a54c0de';

test('the id is the UUID version 5 of municipality, pupil, service and day, for ever', () => {
  for (let number = 0; number < 500; number += 1) {
    const pupil = `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
    const transferId = mealTransferId(numberId(7), id(pupil), serviceCode('school_meals'), serviceDate('2026-11-23'));
    expect(transferId).toBe(v5(`7/${pupil}/school_meals/2026-11-23`, NAMESPACE));
  }
});

test('another day, service, pupil or municipality is another transfer', () => {
  const pupil = '01900000-0000-7000-8000-000000000001';
  const other = '01900000-0000-7000-8000-000000000002';
  const ids = [
    mealTransferId(numberId(1), id(pupil), serviceCode('school_meals'), serviceDate('2026-11-23')),
    mealTransferId(numberId(2), id(pupil), serviceCode('school_meals'), serviceDate('2026-11-23')),
    mealTransferId(numberId(1), id(other), serviceCode('school_meals'), serviceDate('2026-11-23')),
    mealTransferId(numberId(1), id(pupil), serviceCode('snacks'), serviceDate('2026-11-23')),
    mealTransferId(numberId(1), id(pupil), serviceCode('school_meals'), serviceDate('2026-11-24')),
    clashingSwipeId(id(pupil), 'content'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});
