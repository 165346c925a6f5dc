import { expect, test } from '@jest/globals';
import { cookieJar, hasCookie, readCookie } from './cookies.ts';

test('over https a cookie is bound to this host, this scheme and all paths', () => {
  const jar = cookieJar(true);
  expect(jar.write(jar.sessionName, 'x', null)).toBe(
    '__Host-campanella_session=x; Path=/; HttpOnly; SameSite=Lax; Secure',
  );
});

test('on http loopback a cookie has a plain name', () => {
  const jar = cookieJar(false);
  expect(jar.write(jar.signInName, 'x', 600)).toBe('campanella_sign_in=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=600');
});

test('a cookie is read by its whole name', () => {
  expect(readCookie('a=1; campanella_session=2; xcampanella_session=3', 'campanella_session')).toBe('2');
  expect(readCookie('xcampanella_session=3', 'campanella_session')).toBeNull();
  expect(readCookie(undefined, 'campanella_session')).toBeNull();
});

test('a cookie given twice with different values is no cookie', () => {
  expect(readCookie('s=planted; s=ours', 's')).toBeNull();
  expect(readCookie('s=ours; s=ours', 's')).toBe('ours');
});

test('a cookie that nobody can read was sent all the same', () => {
  expect(hasCookie('a=1; s=planted; s=ours', 's')).toBe(true);
  expect(hasCookie('s=', 's')).toBe(true);
  expect(hasCookie('xs=1; s', 's')).toBe(false);
  expect(hasCookie(undefined, 's')).toBe(false);
});
