export { type FieldCipher, FieldCipherError, openFieldCipher } from './field-cipher.ts';
