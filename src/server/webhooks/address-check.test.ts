import { describe, expect, test } from 'vitest';
import { isAddressAllowed, parseWebhookUrl, resolveTarget } from './address-check.js';

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '203.0.114.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is allowed', (address) => {
    expect(isAddressAllowed(address, false)).toBe(true);
  });

  // https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
  test.each([
    '127.0.0.1',
    '127.255.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '100.100.100.201',
    'fd00:ec3::254',
  ])('%s is allowed only when private ones are', (address) => {
    expect([isAddressAllowed(address, false), isAddressAllowed(address, true)]).toEqual([false, true]);
  });

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    // https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
    '100.100.100.200',
    '::ffff:100.100.100.200',
    '::ffff:6464:64c8',
    '::100.100.100.200',
    '64:ff9b::6464:64c8',
    '2002:6464:64c8::',
    // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '::ffff:a83f:8110',
    '64:ff9b::a83f:8110',
    '64:ff9b:1::a83f:8110',
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    'fd00:ec2::254',
    'fd00:0ec2:0:0::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:42::42',
    'fd00:c1::a9fe:a9fe',
    '192.0.0.192',
    'fe80::a9fe:a9fe',
    '::ffff:0:a9fe:a9fe',
    'fe80::1',
    '::ffff:169.254.169.254',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '::7f00:1',
    '::a9fe:a9fe',
    'fec0::1',
    'localhost',
    '',
  ])('%s is never allowed', (address) => {
    expect([isAddressAllowed(address, false), isAddressAllowed(address, true)]).toEqual([false, false]);
  });
});

describe('a target', () => {
  const nobody = () => Promise.reject(new Error('a number is not looked up'));

  test.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://169.254.169.254/latest/meta-data',
  ])('%s is refused as the number it is', async (text) => {
    await expect(resolveTarget(parseWebhookUrl(text), false, nobody)).rejects.toMatchObject({
      code: 'EXCHANGE_REFUSED',
    });
  });

  test.each([
    'http://user@hooks.example/',
    'http://hooks.example:x@127.0.0.1/',
    'ftp://hooks.example/',
    'file:///etc/passwd',
    'x',
  ])('%s is refused as it stands', (text) =>
    expect(() => parseWebhookUrl(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' })),
  );

  test('with one private address among public ones is refused', async () => {
    const url = parseWebhookUrl('https://hooks.example/');
    const lookup = async () => ['8.8.8.8', '10.0.0.1'];
    await expect(resolveTarget(url, false, lookup)).rejects.toMatchObject({ code: 'EXCHANGE_REFUSED' });
    expect(await resolveTarget(url, true, lookup)).toBe('8.8.8.8');
    await expect(resolveTarget(url, false, async () => [])).rejects.toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
  });
});
