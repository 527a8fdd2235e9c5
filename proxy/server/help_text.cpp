#include "server/command_line.hpp"

namespace drishti::server {

std::string help_text() {
  return R"(Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]
       drishti convert FILE [--to yaml|nginx] [-o OUT]
       drishti explain [-c filename] [METHOD] URL [-H 'Name: value']...
       drishti ctl [-c filename] COMMAND
       drishti scaling [URL] [--watch] [--cacert FILE]
       drishti scaling cost [FILE] [URL] [--cacert FILE]
       drishti help

Options:
  -?,-h,--help  : this help
  -v,--version  : show version and exit
  -V            : show version and configure options then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to the running process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: /etc/nginx/)
  -e filename   : set error log file (default: /var/log/nginx/error.log)
  -c filename   : set configuration file (default: /etc/nginx/nginx.conf,
                  or /etc/nginx/nginx.yaml when only that exists)
  -g directives : set global directives out of configuration file

Subcommands:
  convert FILE  : write FILE in the other syntax (nginx.conf <-> YAML) to
                  standard output or OUT, with the files that it includes
  explain URL   : show, without sending anything, which server and location
                  answer a request, what is sent upstream, and what is retried
  ctl COMMAND   : look at the running proxy and change it: upstreams, drain,
                  add, purge, reload ...; drishti ctl --help lists them
  scaling URL   : print the scaling advice of a running proxy, with --watch
                  every 2 seconds; URL is that of a location with scaling_status
                  (default: http://127.0.0.1:9145/scaling), or of the admin
                  listener; https is verified, by the CA certificates in FILE
  scaling cost  : what each phase of growth costs against its revenue, which one
                  today is in, and what the next server would cost; FILE (YAML)
                  changes the numbers, URL adds what a running proxy knows

Signals of the running process:
  TERM, INT     : stop at once
  QUIT          : stop when the requests in progress have ended
  HUP           : reload the configuration; a bad file changes nothing
  USR1          : reopen the log files

Examples:
  nginx -t                        check /etc/nginx/nginx.conf
  nginx -g 'daemon off;'          run in the foreground
  nginx -s reload                 use the changed configuration
  drishti convert nginx.conf -o nginx.yaml
  drishti explain GET http://example.com/users -H 'Accept: text/html'
)";
}

}  // namespace drishti::server
