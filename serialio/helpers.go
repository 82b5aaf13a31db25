package serialio

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// loader runs a piece of it, given as its CRC-32 and itself, if the line has not altered that. It needs no piece.
const loader = `try:
 import ubinascii as _m_b
except ImportError:
 import binascii as _m_b
_m_c,_m_s=%d,%s
if hasattr(_m_b,'crc32') and _m_b.crc32(_m_s)!=_m_c:
 raise ValueError('altered on the line')
exec(_m_s)
`

// helpers is this package's half on the board: MicroPython 1.12, where modules may have their old names. Each
// piece is one Exec, small enough for a board that stores code before it compiles (see scriptPlain). A file that an
// exception leaves open is closed when the heap is collected, over what has been written to it since: hence the with.
var helpers = []string{
	`try:
 import uos as os,ubinascii as binascii,ujson as json
except ImportError:
 import os,binascii,json
_m_json=json
_m_crc=getattr(binascii,'crc32',None)
def _m_sum(c,l):
 for a in l:
  if isinstance(a,list):
   c=_m_sum(c,a)
  else:
   c=_m_crc(str(a).encode() if isinstance(a,int) else a.encode() if isinstance(a,str) else a,c)
  c=_m_crc(b',',c)
 return c
def _m_call(c,*a):
 if _m_crc and _m_sum(0,a)!=c:
  raise ValueError('altered on the line')
 s=json.dumps(globals()[a[0]](*a[1:]))
 return [_m_crc(s.encode()) if _m_crc else -1,s]
`,
	`import sys,gc
try:
 import uhashlib as hashlib
except ImportError:
 try:
  import hashlib
 except ImportError:
  hashlib=None
_m_hash=getattr(hashlib,'sha256',None)
def _m_deflate(f,d):
 s=deflate.DeflateIO(io.BytesIO(d),deflate.RAW,13)
 b=bytearray(512)
 while 1:
  n=s.readinto(b)
  if not n:
   break
  f.write(memoryview(b)[:n])
def _m_uzlib(f,d):
 f.write(zlib.decompress(d,-13))
_m_inflate=None
try:
 import deflate,io
 _m_inflate=_m_deflate
except ImportError:
 try:
  import uzlib as zlib
 except ImportError:
  try:
   import zlib
  except ImportError:
   zlib=None
 if hasattr(zlib,'decompress'):
  _m_inflate=_m_uzlib
`,
	`def _m_board():
 gc.collect()
 i=sys.implementation
 r={'implementation':i[0],'version':'.'.join([str(n) for n in i[1][:3]]),'platform':sys.platform,'machine':'','id':'','heap_free':-1,'flash_free':-1,'inflate':_m_inflate is not None,'sha256':_m_hash is not None,'wifi':False,'folders':True}
 try:
  r['machine']=os.uname()[4]
 except Exception:
  r['machine']=getattr(i,'_machine',sys.platform)
 try:
  import machine
  r['id']=binascii.hexlify(machine.unique_id()).decode()
 except Exception:
  pass
 try:
  import network
  r['wifi']=hasattr(network,'WLAN')
 except ImportError:
  pass
 try:
  r['heap_free']=gc.mem_free()
 except Exception:
  pass
 try:
  s=os.statvfs('/')
  r['flash_free']=s[0]*s[3]
 except Exception:
  pass
 return r
`,
	`def _m_stat(l):
 r=[]
 for p in l:
  try:
   f=open(p,'rb')
  except OSError:
   r.append(None)
   continue
  h=_m_hash() if _m_hash else None
  n=c=0
  b=bytearray(512)
  with f:
   while 1:
    k=f.readinto(b)
    if not k:
     break
    n+=k
    if h:
     h.update(memoryview(b)[:k])
    elif _m_crc:
     c=_m_crc(memoryview(b)[:k],c)
  r.append([n,binascii.hexlify(h.digest()).decode() if h else '%08x'%c if _m_crc else ''])
 return r
def _m_read(p,o,n):
 with open(p,'rb') as f:
  f.seek(o)
  d=f.read(n)
 return binascii.b2a_base64(d).decode()
def _m_put(p,at,z,d):
 if not at or os.stat(p)[6]==at:
  with open(p,'ab' if at else 'wb') as f:
   if z:
    _m_inflate(f,d)
   else:
    f.write(d)
 return os.stat(p)[6]
`,
	`def _m_there(p):
 try:
  os.stat(p)
  return True
 except OSError:
  return False
def _m_mkdir(l):
 for p in l:
  try:
   os.mkdir(p)
  except OSError:
   pass
def _m_rm(l):
 if _m_there('/mpctl.py'):
  return
 for p in l:
  try:
   os.remove(p)
  except OSError:
   pass
def _m_run():
 if not _m_there('/mpctl.py'):
  return
 with open('/mpctl.py') as f:
  c=f.read()
 exec(c,{'__name__':''})
def _m_begin(mark,l,r):
 gc.collect()
 if _m_there('/mpctl.py'):
  with open('/mpctl.py') as f:
   s=f.readline()
  if s.strip()!=mark:
   return False
  _m_run()
 for d in l:
  try:
   _m_rm([d+'/'+n for n in os.listdir(d) if n.endswith('.new')])
  except OSError:
   pass
 _m_rm(r)
 return True
`,
	`def _m_keep(p):
 os.stat(p)
 n=1
 b=p+'.bak'
 while _m_there(b):
  s=_m_stat([p,b])
  if s[0][1] and s[0]==s[1]:
   return b
  n+=1
  b=p+'.bak'+str(n)
 with open(p,'rb') as f:
  with open(b+'.new','wb') as g:
   while 1:
    d=f.read(512)
    if not d:
     break
    g.write(d)
 os.rename(b+'.new',b)
 return b
def _m_alone(p):
 if not _m_there(p+'.new'):
  return True
 if _m_there(p.upper()+'.NEW'):
  return False
 os.rename(p+'.new',p)
 _m_sync()
 return True
def _m_sync():
 if hasattr(os,'sync'):
  os.sync()
def _m_commit(n):
 if not _m_there('/mpctl.py.new'):
  return
 try:
  s=os.statvfs('/')
  full=s[0]*s[3]<n+2*s[0]
 except AttributeError:
  full=False
 if full:
  raise OSError(28)
 os.rename('/mpctl.py.new','/mpctl.py')
 _m_sync()
`,
}

// loading is a piece of the helpers as it is sent.
func loading(code string) string {
	return fmt.Sprintf(loader, crc32.ChecksumIEEE([]byte(code)), Bytes([]byte(code)))
}

// install puts the helpers into the board's memory, once.
func (r *REPL) install(ctx context.Context) error {
	if r.helpers {
		return nil
	}
	pieces := make([]string, len(helpers))
	for i, code := range helpers {
		pieces[i] = loading(code)
	}
	err := r.execAll(ctx, pieces)
	if r.flat = isFlat(err); r.flat {
		err = r.execAll(ctx, flatHelpers)
	}
	r.helpers = err == nil
	return err
}

func (r *REPL) execAll(ctx context.Context, pieces []string) error {
	for _, code := range pieces {
		err := r.again(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, callTime)
			defer cancel()
			_, err := r.Exec(ctx, code)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newNonce is a mark that nothing else prints. A board keeps for ever each string of up to ten characters that was in
// some code: this one is longer.
func newNonce() string { return rand.Text()[:12] }

// Eval evaluates a MicroPython expression and decodes its value, as JSON, into v. Errors are those of Exec.
// What else the board prints meanwhile does no harm.
func (r *REPL) Eval(ctx context.Context, expression string, v any) error {
	nonce := newNonce()
	code := fmt.Sprintf("print('%[1]s'+_m_json.dumps(%[2]s)+'%[1]s')", nonce, expression)
	if !r.helpers {
		code = "try:\n import ujson as _m_json\nexcept ImportError:\n import json as _m_json\n" + code
	}
	out, err := r.Exec(ctx, code)
	if err != nil {
		return err
	}
	return between(out, nonce, v)
}

// between decodes the JSON that stands between two nonces.
func between(out []byte, nonce string, v any) error {
	const doing = "asking the board"
	_, rest, found := bytes.Cut(out, []byte(nonce))
	text, _, ended := bytes.Cut(rest, []byte(nonce))
	if !found || !ended {
		return &ProtocolError{doing, lastLine(string(out))}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &ProtocolError{doing, string(text[:min(len(text), 200)])}
	}
	return nil
}
