package whois_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// denials are answers that say that there is no such registration, one a line.
const denials = `No match for "QUILL.TEST".
No match for quill.test
No match!!
NOT FOUND
Not found: quill.test
Domain not found.
Domain quill.test not found.
%ERROR:101: no entries found
% No entries found.
% No entries found for query "quill.test".
% No match for domain "quill.test"
%% No entries found for the selected source(s).
%% NOT FOUND
No entries found for the selected source(s).
No Data Found
No Object Found
NO OBJECT FOUND!
Domain Status: No Object Found
Status: AVAILABLE
Status: free
quill.test is free
quill.test: no existe
The domain has not been registered.
The domain name has not been registered
This domain name has not been registered.
No Found.
No matching record.
no matching record
The requested domain was not found in the Registry or Registrar's WHOIS Server.
Domain [quill.test] does not exist in database
Domain Name [quill.test] does not exist in database
El dominio no se encuentra registrado en NIC Argentina
No_Se_Encontro_El_Objeto/Object_Not_Found
Object_Not_Found
We do not have an entry in our database matching your query.
No information available about domain name quill.test in the Registry NASK database.
"quill.test" not found.
quill.test not found
Not Registered - The domain you have requested is not a registered domain name.
% Not Registered
domain quill.test is not registered
The domain quill.test is not registered.
Domain quill.test is available for purchase
quill.test domain is available
Domain quill.test is available for registration
>>> Domain quill.test is available for registration
The domain is available for registration
No records matching quill.test found.
no records found for quill.test
Sorry, no match for quill.test
Object not found
Object does not exist
The queried object does not exist
The queried object does not exist: no matching objects found
query_status: 220 Available
This query returned 0 objects.
Nothing found for this query.
*** Nothing found for this query.
Domain status:         available
Available
AVAILABLE
quill.test - Not Registered
quill.test is available for registration
is available
domain is available
Invalid query or domain name not known in quill.test Domain Registry
Domain name not known
Domain unknown
Unknown domain
not found...
Nincs (ilyen domain) / No match
No match found for quill.test
no domain found
No such domain quill.test
% No such domain
%% No such domain
The domain you requested is not known in database.
No information was found matching that query.
Error: quill.test - no entries found
whois: quill.test: no match
No Match for quill.test
No match record
NO MATCH: This domain is available for registration.
Above domain name is not registered to KRNIC.
Whois data not found for quill.test
No whois information found
No Whois record found.
ERROR: domain not found
DOMAIN NOT FOUND
%% No entries found in the AFNIC Database.
This domain is not registered
Domain name quill.test does not exist!
Domain does not exist
The Domain quill.test does not exist.
Requested Domain cannot be found
No domain records were found to match "quill.test"
Domain Name quill.test: not registered
quill.test no match
>> quill.test - nothing found
Domain not registered
% The domain name is not registered
No results found
% nothing found
There is no information available on the domain consulted.
There is no such domain registered
% No data was found to match the request criteria.
% no matching objects found
DOMAIN NAME: quill.test is not registered
no object found
domain name: quill.test not found
Domain:quill.test is available
Domain Name Not Found
Domain "quill.test" - Available
Domain quill.test -- not registered
available for registration: quill.test
quill.test is not in the whois database
quill.test - Domain not found
Domain nicht gefunden
Kein Eintrag gefunden
Domaine non trouvé
Aucun enregistrement trouvé
Dominio no encontrado
Dominio disponible
Domínio não registrado
Nessun risultato trovato
Brak domeny / no such domain
Домен не найден
Домен свободен
도메인이 등록되어 있지 않습니다
域名未注册
找不到
Domain yoktur
No Data
Tidak ditemukan
Domain ledig`

// noDenials are lines that sound alike and say something else: a limit, a rule, a failure, another subject.
const noDenials = `WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS
%% Maximum query rate reached
Number of allowed queries exceeded.
Server is busy now, try again later.
-FAILURE- too many requests
Your connection limit exceeded. Please slow down and try again later.
%ERROR:201: access denied for 1.2.3.4
Queried interval is too short.
Excessive querying, grace period of 600 seconds
% Your access has been restricted because of too many no match queries
You have exceeded your query limit. No match information will be returned.
Error: No whois information is available because of maintenance.
No WHOIS data is available due to maintenance
No data available, try again later
The domain name is not available
quill.test is not available
Not available for registration
Domain reserved
Reserved
quill.test is reserved
This domain name is not registered but reserved
The name quill.test is not registered and cannot be registered
Domain quill.test is not registered, it is blocked
Domain not available for registration
quill.test is restricted
quill.test is a restricted name and not available
The domain quill.test is a premium domain
Name is reserved and no registration exists
This name is reserved by the Registry in accordance with ICANN Policy.
The registration of this domain is restricted, as it is protected by the DPML
quill.test is not a valid domain name
Invalid domain name
No such TLD
No whois server for this TLD
TLD not supported: no match
Connection refused; access control limit reached.
55000000002 Connection refused; access control limit reached.
Please wait a while and try again
No connection to database
Could not find host
Unable to find server
No authorization found
You are not registered to use this service
Your IP is not registered
Your IP address is not found in the list of registered users
IP address not registered
Your host is not registered for WHOIS access
No permission record found
The user is not found
Account not found
Command not found
Page not found
404 Not Found
HTTP 404 not found
File not found
Registrant not found
Contact not found
No name servers found
No contact found
Nameserver not found
No DNS records found
DNSSEC: no records
DS record not found
No registrar found
Registrar not found
Host not found
No RDAP server found
Handle not found
No results for handle
Person not found
No registrant data
Organization not found
not available
Domain disputed
quill.test is in quarantine
quill.test is in redemption
domain quill.test is about to be free
quill.test will be free on 2027-01-01
quill.test was deleted, available on 2027-01-01
toll free
Our service is free
Whois is free
service is available
Not available
more information available
Information is available
Documentation is available
The database is currently available
No charge
No warranty
No content
No
Free of charge
data is free
The server is available
Please note that the registry keeps no records
This service has no guarantee of data found
No data may be copied
Can't get information on non-local domain quill.test
quill.test is not registered here.`

func TestDenials(t *testing.T) {
	for line := range strings.SplitSeq(denials, "\n") {
		for _, text := range []string{line, "% Terms apply.\n\n" + line + "\n\n% The end.\n"} {
			if look := whois.Parse("quill.test", "", []byte(text), now); look.Outcome != models.OutcomeAbsent {
				t.Errorf("%q: %s, %s", text, look.Outcome, look.Detail)
			}
		}
	}
}

func TestWhatOnlySoundsLikeADenial(t *testing.T) {
	for line := range strings.SplitSeq(noDenials, "\n") {
		for _, text := range []string{line, "% Terms apply.\n\n" + line + "\n\n% The end.\n"} {
			if look := whois.Parse("quill.test", "", []byte(text), now); look.Outcome.Answered() {
				t.Errorf("%q: %s, %s", text, look.Outcome, look.Detail)
			}
		}
	}
}
