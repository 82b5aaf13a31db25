package serialio

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// helpers is this package's half on the board: MicroPython 1.12, where modules may have their old names. Each
// piece is one Exec, small enough for a board that stores code before it compiles (see scriptPlain).
var helpers = []string{
	`import sys,gc
try:
 import uos as os,ubinascii as binascii,ujson as json
except ImportError:
 import os,binascii,json
try:
 import uhashlib as hashlib
except ImportError:
 try:
  import hashlib
 except ImportError:
  hashlib=None
_m_json=json
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
  n=0
  b=bytearray(512)
  while 1:
   k=f.readinto(b)
   if not k:
    break
   n+=k
   if h:
    h.update(memoryview(b)[:k])
  f.close()
  r.append([n,binascii.hexlify(h.digest()).decode() if h else ''])
 return r
def _m_read(p,o,n):
 f=open(p,'rb')
 f.seek(o)
 d=f.read(n)
 f.close()
 return binascii.b2a_base64(d).decode()
def _m_put(p,mode,z,d):
 f=open(p,mode)
 if z:
  _m_inflate(f,d)
 else:
  f.write(d)
 f.close()
`,
	`def _m_mkdir(l):
 for p in l:
  try:
   os.mkdir(p)
  except OSError:
   pass
def _m_rm(l):
 for p in l:
  try:
   os.remove(p)
  except OSError:
   pass
def _m_there(p):
 try:
  os.stat(p)
  return True
 except OSError:
  return False
def _m_keep(p):
 b=p+'.bak'
 n=1
 while _m_there(b):
  n+=1
  b=p+'.bak'+str(n)
 os.rename(p,b)
 return b
def _m_swap(p,keep):
 os.stat(p+'.new')
 b=''
 if keep and _m_there(p):
  b=_m_keep(p)
 try:
  os.rename(p+'.new',p)
 except OSError:
  os.remove(p)
  os.rename(p+'.new',p)
 return b
def _m_swaps(l):
 for p,keep in l:
  print('_m_swapped',json.dumps([p,_m_swap(p,keep)]))
 if hasattr(os,'sync'):
  os.sync()
`,
}

// install puts the helpers into the board's memory, once.
func (r *REPL) install(ctx context.Context) error {
	if r.helpers {
		return nil
	}
	r.flat = false
	err := r.execAll(ctx, helpers)
	var exec *ExecError
	if errors.As(err, &exec) && strings.HasPrefix(lastLine(exec.Traceback), "ImportError") {
		r.flat = true
		err = r.execAll(ctx, flatHelpers)
	}
	r.helpers = err == nil
	return err
}

func (r *REPL) execAll(ctx context.Context, pieces []string) error {
	for _, code := range pieces {
		if _, err := r.Exec(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

// newNonce is a mark that nothing else prints. A board keeps strings of up to ten characters for ever once they were
// in some code: this one is longer.
func newNonce() string { return rand.Text()[:12] }

// Eval evaluates a MicroPython expression and decodes its value, as JSON, into v. Errors are those of Exec.
// What else the board prints meanwhile does no harm.
func (r *REPL) Eval(ctx context.Context, expression string, v any) error {
	nonce := newNonce()
	code := "print('%[1]s'+_m_json.dumps(%[2]s)+'%[1]s')"
	if r.flat {
		code = "print('%[1]s'+_m_dumps(%[2]s)+'%[1]s')"
	} else if !r.helpers {
		code = "try:\n import ujson as _m_json\nexcept ImportError:\n import json as _m_json\n" + code
	}
	out, err := r.Exec(ctx, fmt.Sprintf(code, nonce, expression))
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
