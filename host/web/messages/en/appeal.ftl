# appeal
