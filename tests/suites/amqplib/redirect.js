// Loaded before the tests: whoever connects to AMQP's port of this machine meets the
// broker of the run, at the port $BB_SUITE_PORT.
'use strict';

const net = require('node:net');

const AMQP_PORT = 5672;
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...words) {
  // net.connect() hands its arguments over in an array of its own making.
  const options = Array.isArray(words[0]) ? words[0][0] : words[0];
  if (options && Number(options.port) === AMQP_PORT) {
    options.port = Number(process.env.BB_SUITE_PORT);
    options.host = '127.0.0.1';
  }
  return connect.apply(this, words);
};
